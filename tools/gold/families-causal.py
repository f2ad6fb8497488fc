"""Tiny models of the families that came from decoders: Qwen2 and 3, Llama, Mistral, Gemma3's text model and EuroBERT.

Purpose: fixtures in test/fixtures/models and gold values in test/gold/models, as models.py makes them for BERT and its
kin: each family as it is published (keys of config.json, prefixes of weights, padding side, prompts, modules) and in
the words of transformers 5; causal and bidirectional, with and without windows.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt, float32 on the CPU.
Limits: random weights, seeded; tokenizers of a few hundred tokens, of the classes and with the patterns published.
Usage: python tools/gold/families-causal.py [--full-size FOLDER] [NAME ...]
"""

import argparse
import json
import logging
import shutil
import warnings
from pathlib import Path

import numpy as np
import torch
import transformers
from models import (FEW, FIXTURES, FLOAT32, SENTENCES, WORDS, Gold, byte_level_bpe, linear_module, modules_json, pooling, randomise, stack,
                    write_json)  # fmt: skip
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from tokenizer import LLAMA3, QWEN
from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE

LONG = [16, 0, 4, 5, 12]  # the longest text beside short ones and an empty one
FULL, SLIDING = "full_attention", "sliding_attention"


# --- tokenizers -----------------------------------------------------------------------------------------------------


def byte_level(pattern, tokens, template, normalizer=None, **options):
    """Bytes and the merges of models.py behind a Split with the published pattern; a family's own tokens come last."""
    _, vocabulary, merges = byte_level_bpe()
    pieces = [token for token in vocabulary if not (token.startswith("<") and token.endswith(">") and len(token) > 1)]
    tokenizer = Tokenizer(BPE({token: index for index, token in enumerate(pieces)}, merges, **options))
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    ])  # fmt: skip
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.add_special_tokens(specials(tokens))
    around = [(token, tokenizer.token_to_id(token)) for token in template.split() if token != "$A"]
    ending = processors.TemplateProcessing(single=template, pair=f"{template} $B", special_tokens=around)
    tokenizer.post_processor = processors.Sequence([processors.ByteLevel(trim_offsets=False), ending])
    return tokenizer


def gemma_bpe(tokens, template):
    """BPE over whole texts with bytes for unknown letters, after a family's own tokens."""
    words = ["▁" + word for word in WORDS if len(word) > 1][:30] + ["hello", "The"]
    merges = list(dict.fromkeys((word[:i], word[i]) for word in words for i in range(1, len(word)))) + [("▁", "▁"), ("\n", "\n")]
    letters = sorted({letter for word in words for letter in word} | set("\n▁"))
    pieces = [*tokens, *(f"<0x{byte:02X}>" for byte in range(256)), *letters, *(left + right for left, right in merges)]
    ids = {piece: index for index, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(BPE(ids, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    tokenizer.pre_tokenizer = pre_tokenizers.Split(" ", "merged_with_previous")
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(specials(tokens))
    around = [(token, tokens.index(token)) for token in template.split() if token != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, pair=f"{template} $B", special_tokens=around)
    return tokenizer


def specials(tokens):
    return [AddedToken(token, special=True, normalized=False) for token in tokens]


def write_tokenizer(folder, tokenizer, name, **settings):
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    added = {str(tokenizer.token_to_id(token.content)): {
        "content": token.content, "lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
        for token in tokenizer.get_added_tokens_decoder().values()}  # fmt: skip
    write_json(folder / "tokenizer_config.json", {"added_tokens_decoder": added, "tokenizer_class": name, **settings})


# --- folders --------------------------------------------------------------------------------------------------------


def weights(folder, model, prefix="", dtype=torch.float32):
    state = {prefix + name: tensor.to(dtype).contiguous() for name, tensor in model.state_dict().items()}
    save_file(state, folder / "model.safetensors", {"format": "pt"})


def sentence_transformer(folder, dimension, mode, prompts, dense=()):
    between = [("Dense", f"{index}_Dense") for index in range(2, 2 + len(dense))]
    write_json(folder / "modules.json", modules_json(("Pooling", "1_Pooling"), *between,
                                                     ("Normalize", f"{2 + len(dense)}_Normalize")))  # fmt: skip
    keys = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": dimension} | {
        f"pooling_mode_{key}": key == mode for key in keys} | {"include_prompt": True})  # fmt: skip
    random = np.random.default_rng(17)
    for index, (rows, columns) in enumerate(dense):
        linear_module(folder / f"{index + 2}_Dense", {"linear.weight": random.standard_normal((columns, rows)) / rows**0.5},
                      {"in_features": rows, "out_features": columns, "bias": False,
                       "activation_function": "torch.nn.modules.linear.Identity"})  # fmt: skip
    write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None,
                                                              "similarity_fn_name": "cosine"})  # fmt: skip


def fresh(name):
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def config_of(folder, **changes):
    """config.json with other values; ABSENT takes a key away."""
    config = json.loads((folder / "config.json").read_text()) | changes
    return {"config.json": {key: value for key, value in config.items() if value is not ABSENT}}


ABSENT = object()


# --- Qwen3 ----------------------------------------------------------------------------------------------------------

QWEN_TOKENS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
QWEN_PROMPTS = {"query": "Instruct: Given a question, think of the world\nQuery:", "document": ""}


def qwen_config(tokenizer, layers, **more):
    end = tokenizer.token_to_id("<|endoftext|>")
    return {"architectures": ["Qwen3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": end,
            "eos_token_id": end, "head_dim": 16, "hidden_act": "silu", "hidden_size": 32, "initializer_range": 0.02,
            "intermediate_size": 48, "max_position_embeddings": 256, "max_window_layers": layers, "model_type": "qwen3",
            "num_attention_heads": 4, "num_hidden_layers": layers, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
            "rope_scaling": None, "rope_theta": 1000000, "sliding_window": None, "tie_word_embeddings": True,
            "torch_dtype": "bfloat16", "transformers_version": "4.51.3", "use_cache": True, "use_sliding_window": False,
            "vocab_size": tokenizer.get_vocab_size(), **more}  # fmt: skip


def make_qwen3():
    """As Qwen3-Embedding is published: bfloat16, no prefix, padding on the left, a chat template that is of no use."""
    folder = fresh("qwen3-embedding")
    tokenizer = byte_level(QWEN, QWEN_TOKENS, "$A <|endoftext|>", normalizers.NFC())
    config = qwen_config(tokenizer, 3)
    write_json(folder / "config.json", config)
    weights(folder, randomise(transformers.Qwen3Model(transformers.Qwen3Config(**config)), 31), dtype=torch.bfloat16)
    write_tokenizer(folder, tokenizer, "Qwen2Tokenizer", pad_token="<|endoftext|>", eos_token="<|im_end|>", model_max_length=256,
                    padding_side="left", add_bos_token=False, add_prefix_space=False, bos_token=None, unk_token=None,
                    additional_special_tokens=QWEN_TOKENS[1:], clean_up_tokenization_spaces=False, errors="replace",
                    split_special_tokens=False,
                    chat_template="{% for message in messages %}<|im_start|>{{ message.content }}<|im_end|>{% endfor %}")  # fmt: skip
    sentence_transformer(folder, 32, "lasttoken", QWEN_PROMPTS)


def gold_qwen3(gold):
    folder = gold.folder
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    gold.case("as saved")
    right = {"tokenizer_config.json": tokenizer | {"padding_side": "right"}}
    gold.case("padding on the right", right)
    gold.case("encode_query", None, FEW, method="encode_query")
    gold.case("encode_document", None, FEW, method="encode_document")
    # Padded on the left, Python gives the vectors of the padding too.
    gold.case("token_embeddings", right, [16, 0, 5], output_value="token_embeddings")
    gold.case("truncate_dim 8", None, FEW, truncate_dim=8)
    for mode in ("mean", "cls", "weightedmean", "max"):
        gold.case(f"{mode} pooling", pooling(mode, 32), FEW)
    left_out = pooling("mean", 32, include_prompt=False)
    gold.case("mean pooling without the prompt", left_out, FEW, method="encode_query")
    for length in (1, 2, 7, 40):
        gold.case(f"max_seq_length {length}", {"sentence_bert_config.json": {"max_seq_length": length}}, LONG)
    gold.case("max_seq_length 12 with a prompt", {"sentence_bert_config.json": {"max_seq_length": 12}}, LONG,
              method="encode_query")  # fmt: skip
    gold.case("model_max_length 9", {"tokenizer_config.json": tokenizer | {"model_max_length": 9}}, LONG)
    gold.case("cut on the left", {"tokenizer_config.json": tokenizer | {"model_max_length": 9, "truncation_side": "left"}}, LONG)
    native = {"rope_theta": ABSENT, "rope_scaling": ABSENT, "torch_dtype": ABSENT, "dtype": "bfloat16"}
    variants = {
        "transformers 5's keys": native | {"rope_parameters": {"rope_theta": 1000000, "rope_type": "default"},
                                           "layer_types": [FULL] * 3, "pad_token_id": None},  # fmt: skip
        "rope_theta in neither place": native,
        "rope_theta in both places": {"rope_parameters": {"rope_theta": 500, "rope_type": "default"}},
        "linear rope_scaling": {"rope_scaling": {"type": "linear", "factor": 4.0}},
        "linear rope_parameters": native | {"rope_parameters": {"rope_theta": 5000.0, "rope_type": "linear", "factor": 2.5}},
        "default rope_scaling with another base": {"rope_scaling": {"rope_type": "default", "rope_theta": 70.0}},
        "window from layer 1 on": {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1},
        "window without use_sliding_window": {"sliding_window": 5, "max_window_layers": 1},
        "window in layer_types": {"use_sliding_window": True, "sliding_window": 3, "layer_types": [SLIDING, FULL, SLIDING]},
        "layer_types sliding without use_sliding_window": {"sliding_window": 3, "layer_types": [SLIDING, FULL, SLIDING]},
        "layer_types of another length": {"layer_types": [FULL]},
        "layer_types unknown": {"layer_types": [FULL, "chunked_attention", FULL]},
        "is_causal false": {"is_causal": False},
        "is_causal false with windows": {"is_causal": False, "use_sliding_window": True, "sliding_window": 3,
                                         "layer_types": [SLIDING, FULL, SLIDING]},  # fmt: skip
        "use_bidirectional_attention true": {"use_bidirectional_attention": True},
        "hidden_act gelu": {"hidden_act": "gelu"},
        "rms_norm_eps 0.1": {"rms_norm_eps": 0.1},
        "3 key heads": {"num_key_value_heads": 3},
        "head_dim null": {"head_dim": None},
        "attention_bias without biases": {"attention_bias": True},
        "yarn": {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}},
        "dynamic": {"rope_scaling": {"rope_type": "dynamic", "factor": 4.0}},
        "llama3": {"rope_scaling": {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
                                    "original_max_position_embeddings": 64}},  # fmt: skip
        "partial_rotary_factor": {"partial_rotary_factor": 0.5},
        "rope_parameters by layer type": native | {"layer_types": [FULL] * 3, "rope_parameters": {
            FULL: {"rope_theta": 1000000, "rope_type": "default"}}},  # fmt: skip
    }
    for name, changes in variants.items():
        gold.case(name, config_of(folder, **changes), LONG)
    gold.case("is_causal false, a text alone", config_of(folder, is_causal=False), [0])


def make_qwen3_plain():
    """A causal language model without modules.json: `model.` prefix, a head of its own, biases, a window."""
    folder = fresh("qwen3-plain")
    tokenizer = byte_level(QWEN, QWEN_TOKENS, "$A <|endoftext|>", normalizers.NFC())
    config = {"architectures": ["Qwen3ForCausalLM"], "attention_bias": True, "attention_dropout": 0.1, "dtype": "float32",
              "head_dim": 8, "hidden_act": "silu", "hidden_size": 24, "initializer_range": 0.02, "intermediate_size": 40,
              "layer_types": [FULL, SLIDING], "max_position_embeddings": 128, "max_window_layers": 1, "model_type": "qwen3",
              "num_attention_heads": 3, "num_hidden_layers": 2, "num_key_value_heads": 1,
              "pad_token_id": tokenizer.token_to_id("<|endoftext|>"),
              "rms_norm_eps": 1e-05, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
              "sliding_window": 6, "tie_word_embeddings": False, "transformers_version": "5.23.0",
              "use_sliding_window": True, "vocab_size": tokenizer.get_vocab_size()}  # fmt: skip
    write_json(folder / "config.json", config)
    weights(folder, randomise(transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**config)), 32))
    write_tokenizer(folder, tokenizer, "Qwen2TokenizerFast", pad_token="<|endoftext|>", eos_token="<|im_end|>", model_max_length=60)


def gold_qwen3_plain(gold):
    gold.case("as saved")
    gold.case("is_causal false", config_of(gold.folder, is_causal=False))
    gold.case("Qwen3Model", config_of(gold.folder, architectures=["Qwen3Model"]))


# --- Qwen2, Llama and Mistral ---------------------------------------------------------------------------------------

SMALL = {"hidden_act": "silu", "hidden_size": 24, "initializer_range": 0.02, "intermediate_size": 40,
         "max_position_embeddings": 128, "num_attention_heads": 3, "num_hidden_layers": 2, "num_key_value_heads": 1,
         "attention_dropout": 0.0, "torch_dtype": "bfloat16", "use_cache": False}  # fmt: skip


def make_causal(fixture, config, tokenizer, seed, **settings):
    """A causal model whose last token is its embedding, without a key of transformers 5."""
    folder = fresh(fixture)
    end = tokenizer.token_to_id("<|endoftext|>")
    config = SMALL | {"bos_token_id": end, "eos_token_id": end, "vocab_size": tokenizer.get_vocab_size()} | config
    write_json(folder / "config.json", config)
    model = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(**config)).float()
    weights(folder, randomise(model, seed), dtype=torch.bfloat16)
    write_tokenizer(folder, tokenizer, pad_token="<|endoftext|>", eos_token="<|endoftext|>", model_max_length=100,
                    padding_side="left", **settings)  # fmt: skip
    sentence_transformer(folder, 24, "lasttoken", QWEN_PROMPTS)


def make_qwen2():
    """As the embedding models that are based on Qwen2.5 are published."""
    config = {"architectures": ["Qwen2Model"], "model_type": "qwen2", "max_window_layers": 2, "rms_norm_eps": 1e-06,
              "rope_theta": 1000000.0, "sliding_window": 64, "tie_word_embeddings": True, "transformers_version": "4.45.2",
              "use_sliding_window": False}  # fmt: skip
    make_causal("qwen2", config, byte_level(QWEN, QWEN_TOKENS, "$A <|endoftext|>", normalizers.NFC()), 35, name="Qwen2Tokenizer")


def make_llama():
    config = {"architectures": ["LlamaModel"], "model_type": "llama", "rms_norm_eps": 1e-05, "rope_scaling": None,
              "rope_theta": 500000.0, "attention_bias": False, "mlp_bias": False, "pretraining_tp": 1,
              "tie_word_embeddings": False, "transformers_version": "4.40.0"}  # fmt: skip
    tokenizer = byte_level(LLAMA3, QWEN_TOKENS, "$A <|endoftext|>", ignore_merges=True)
    make_causal("llama", config, tokenizer, 36, name="PreTrainedTokenizerFast")


def make_mistral():
    """As e5-mistral is published, but for the tokenizer."""
    config = {"architectures": ["MistralModel"], "model_type": "mistral", "rms_norm_eps": 1e-05, "rope_theta": 10000.0,
              "sliding_window": 7, "tie_word_embeddings": False, "transformers_version": "4.34.0"}  # fmt: skip
    tokenizer = byte_level(LLAMA3, QWEN_TOKENS, "$A <|endoftext|>", ignore_merges=True)
    make_causal("mistral", config, tokenizer, 37, name="PreTrainedTokenizerFast")


def gold_causal(gold):
    folder = gold.folder
    window = {"use_sliding_window": True, "sliding_window": 5, "max_window_layers": 1}
    theta = json.loads((folder / "config.json").read_text())["rope_theta"]
    native = {"rope_theta": ABSENT, "rope_scaling": ABSENT, "rope_parameters": {"rope_theta": theta, "rope_type": "default"}}
    variants = {
        "transformers 5's keys": native,
        "linear rope_scaling": {"rope_scaling": {"type": "linear", "factor": 4.0}},
        "llama3 rope_scaling": {"rope_scaling": {"rope_type": "llama3", "factor": 4.0, "low_freq_factor": 1.0,
                                                 "high_freq_factor": 4.0, "original_max_position_embeddings": 64}},
        "is_causal false": {"is_causal": False},
        "head_dim 8": {"head_dim": 8},
        "head_dim null": {"head_dim": None},
        "key heads null": {"num_key_value_heads": None},
        "no sliding_window": {"sliding_window": ABSENT},
        "sliding_window null": {"sliding_window": None},
        "window": window,
        "window, is_causal false": window | {"is_causal": False},
        "layer_types": window | {"layer_types": [SLIDING, FULL]},
        "attention_bias": {"attention_bias": True},
    }  # fmt: skip
    gold.case("as saved")
    gold.case("encode_query", None, FEW, method="encode_query")
    gold.case("is_causal false, a text alone", config_of(folder, is_causal=False), [0])
    for name, changes in variants.items():
        gold.case(name, config_of(folder, **changes), LONG)


# --- Gemma3's text model --------------------------------------------------------------------------------------------

GEMMA_TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
GEMMA_PROMPTS = {"query": "task: search result | query: ", "document": "title: none | text: ",
                 "Clustering": "task: clustering | query: "}  # fmt: skip


def make_embeddinggemma():
    """As EmbeddingGemma is published: bidirectional with a window, two Dense without bias, prompts."""
    folder = fresh("embeddinggemma")
    tokenizer = gemma_bpe(GEMMA_TOKENS, "<bos> $A <eos>")
    config = {"_sliding_window_pattern": 6, "architectures": ["Gemma3TextModel"], "attention_bias": False,
              "attention_dropout": 0.0, "attn_logit_softcapping": None, "bos_token_id": 2, "dtype": "float32",
              "eos_token_id": 1, "final_logit_softcapping": None, "head_dim": 16, "hidden_activation": "gelu_pytorch_tanh",
              "hidden_size": 24, "initializer_range": 0.02, "intermediate_size": 40,
              "layer_types": [SLIDING, SLIDING, FULL, SLIDING], "max_position_embeddings": 200, "model_type": "gemma3_text",
              "num_attention_heads": 3, "num_hidden_layers": 4, "num_key_value_heads": 1, "pad_token_id": 0,
              "query_pre_attn_scalar": 24, "rms_norm_eps": 1e-06, "rope_local_base_freq": 10000.0, "rope_scaling": None,
              "rope_theta": 1000000.0, "sliding_window": 9, "transformers_version": "4.57.0.dev0",
              "use_bidirectional_attention": True, "use_cache": True, "vocab_size": tokenizer.get_vocab_size()}  # fmt: skip
    write_json(folder / "config.json", config)
    model = randomise(transformers.Gemma3TextModel(transformers.Gemma3TextConfig(**config)), 33)
    as_gemma(model)
    weights(folder, model)
    write_tokenizer(folder, tokenizer, "GemmaTokenizer", bos_token="<bos>", eos_token="<eos>", unk_token="<unk>", pad_token="<pad>",
                    mask_token="<mask>", model_max_length=200, add_bos_token=True, add_eos_token=True)  # fmt: skip
    sentence_transformer(folder, 24, "mean_tokens", GEMMA_PROMPTS, [(24, 40), (40, 24)])
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 200, "do_lower_case": False})


def as_gemma(model):
    """Gains of 1 + the weight."""
    for name, parameter in model.named_parameters():
        if name.endswith("norm.weight"):
            parameter.data -= 1


def gold_embeddinggemma(gold):
    folder = gold.folder
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    gold.case("as saved")
    gold.case("padding on the left", {"tokenizer_config.json": tokenizer | {"padding_side": "left"}}, LONG)
    gold.case("encode_query", None, FEW, method="encode_query")
    gold.case("encode_document", None, FEW, method="encode_document")
    gold.case("prompt_name", None, FEW, prompt_name="Clustering")
    # GemmaTokenizer pads on the left by itself, and then Python gives the vectors of the padding too.
    right = {"tokenizer_config.json": tokenizer | {"padding_side": "right"}}
    gold.case("token_embeddings", right, [16, 0, 5], output_value="token_embeddings")
    gold.case("max_seq_length 11", {"sentence_bert_config.json": {"max_seq_length": 11}}, LONG)
    native = {"rope_theta": ABSENT, "rope_scaling": ABSENT, "rope_local_base_freq": ABSENT, "_sliding_window_pattern": ABSENT}
    last = pooling("lasttoken", 24) | stack(("Pooling", "1_Pooling"))
    causal = {"use_bidirectional_attention": False}
    variants = {
        "transformers 5's keys": native | {"rope_parameters": {
            FULL: {"rope_theta": 1000000.0, "rope_type": "default"}, SLIDING: {"rope_theta": 10000.0, "rope_type": "default"}}},
        "no bases": native,
        "other bases": {"rope_theta": 300.0, "rope_local_base_freq": 20.0},
        "a base in rope_parameters": native | {"rope_parameters": {FULL: {"rope_theta": 300.0, "rope_type": "default"}}},
        "linear rope_scaling": {"rope_scaling": {"rope_type": "linear", "factor": 8.0}},
        "linear in both kinds": native | {"rope_parameters": {
            FULL: {"rope_theta": 5000.0, "rope_type": "linear", "factor": 8.0},
            SLIDING: {"rope_theta": 100.0, "type": "linear", "factor": 2.0}}},
        "_sliding_window_pattern alone": {"layer_types": ABSENT, "_sliding_window_pattern": 2},
        "sliding_window_pattern": {"layer_types": ABSENT, "sliding_window_pattern": 2},
        "sliding_window 8": {"sliding_window": 8},
        "sliding_window 2": {"sliding_window": 2},
        "sliding_window null": {"sliding_window": None},
        "all full": {"layer_types": [FULL] * 4},
        "all sliding": {"layer_types": [SLIDING] * 4},
        "layer_types unknown": {"layer_types": [SLIDING, FULL, FULL, "other_attention"]},
        "is_causal true": {"is_causal": True},
        "is_causal false": {"is_causal": False},
        "causal in name, is_causal false": causal | {"is_causal": False},
        "query_pre_attn_scalar 7": {"query_pre_attn_scalar": 7},
        "hidden_activation silu": {"hidden_activation": "silu"},
        "rms_norm_eps 0.1": {"rms_norm_eps": 0.1},
        "attn_logit_softcapping": {"attn_logit_softcapping": 20.0},
        "final_logit_softcapping": {"final_logit_softcapping": 20.0},
        "2 key heads": {"num_key_value_heads": 2},
        "yarn": {"rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 64}},
        "flat rope_parameters": native | {"rope_parameters": {"rope_theta": 300.0, "rope_type": "default"}},
    }  # fmt: skip
    for name, changes in variants.items():
        gold.case(name, config_of(folder, **changes), LONG)
    for window in (1, 4):
        gold.case(f"causal, last token, sliding_window {window}", last | config_of(folder, **causal, sliding_window=window), LONG)
    left = {"tokenizer_config.json": tokenizer | {"padding_side": "left"}}
    gold.case("causal, last token, padding on the left", last | left | config_of(folder, **causal), LONG)
    gold.case("causal, weighted mean, padding on the left", last | left | pooling("weightedmean", 24)
              | config_of(folder, **causal), LONG)  # fmt: skip


# --- EuroBERT -------------------------------------------------------------------------------------------------------

EUROBERT_TOKENS = ["<|begin_of_text|>", "<|end_of_text|>", "<|mask|>", "<|pad|>"]


def make_eurobert():
    """As EuroBERT is published: code of its authors, which transformers has taken over, and a masked language model."""
    folder = fresh("eurobert")
    tokenizer = byte_level(LLAMA3, EUROBERT_TOKENS, "<|begin_of_text|> $A <|end_of_text|>", ignore_merges=True)
    code = {"AutoConfig": "configuration_eurobert.EuroBertConfig"} | {
        f"AutoModel{task}": f"modeling_eurobert.EuroBert{name}" for task, name in
        (("", "Model"), ("ForMaskedLM", "ForMaskedLM"), ("ForSequenceClassification", "ForSequenceClassification"))}  # fmt: skip
    begin, end, mask, pad = map(tokenizer.token_to_id, EUROBERT_TOKENS)
    config = {"architectures": ["EuroBertForMaskedLM"], "attention_bias": False, "attention_dropout": 0.0, "auto_map": code,
              "bos_token": "<|begin_of_text|>", "bos_token_id": begin, "eos_token": "<|end_of_text|>", "eos_token_id": end,
              "head_dim": 8, "hidden_act": "silu", "hidden_dropout": 0.0, "hidden_size": 32, "initializer_range": 0.02,
              "intermediate_size": 56, "mask_token": "<|mask|>", "mask_token_id": mask, "max_position_embeddings": 256,
              "mlp_bias": False, "model_type": "eurobert", "num_attention_heads": 4, "num_hidden_layers": 2,
              "num_key_value_heads": 2, "pad_token": "<|pad|>", "pad_token_id": pad, "pretraining_tp": 1,
              "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 250000, "tie_word_embeddings": False,
              "torch_dtype": "float32", "transformers_version": "4.40.0", "use_cache": False,
              "vocab_size": tokenizer.get_vocab_size()}  # fmt: skip
    write_json(folder / "config.json", config)
    own = {key: value for key, value in config.items() if key != "auto_map"}
    weights(folder, randomise(transformers.EuroBertForMaskedLM(transformers.EuroBertConfig(**own)), 34))
    write_tokenizer(folder, tokenizer, "PreTrainedTokenizerFast", bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>", pad_token="<|pad|>",
                    mask_token="<|mask|>", model_max_length=256)  # fmt: skip
    sentence_transformer(folder, 32, "mean_tokens", {})
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 200, "do_lower_case": False})


def gold_eurobert(gold):
    folder = gold.folder
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    gold.case("as saved")
    gold.case("padding on the left", {"tokenizer_config.json": tokenizer | {"padding_side": "left"}}, LONG)
    gold.case("max_seq_length 9", {"sentence_bert_config.json": {"max_seq_length": 9}}, LONG)
    variants = {
        "transformers 5's keys": {"auto_map": ABSENT, "rope_theta": ABSENT, "rope_scaling": ABSENT,
                                  "rope_parameters": {"rope_theta": 250000, "rope_type": "default"}},
        "head_dim null": {"head_dim": None},
        "linear rope_scaling": {"rope_scaling": {"type": "linear", "factor": 4.0}},
        "rope_theta absent": {"rope_theta": ABSENT},
        "is_causal false": {"is_causal": False},
        "is_causal true": {"is_causal": True},
        "mlp_bias without biases": {"mlp_bias": True},
        "3 key heads": {"num_key_value_heads": 3},
        "auto_map of others": {"auto_map": {"AutoModel": "modeling_other.OtherModel"}},
    }  # fmt: skip
    for name, changes in variants.items():
        gold.case(name, config_of(folder, **changes), LONG)


FAMILIES = {
    "qwen3-embedding": (make_qwen3, gold_qwen3),
    "qwen3-plain": (make_qwen3_plain, gold_qwen3_plain),
    "qwen2": (make_qwen2, gold_causal),
    "llama": (make_llama, gold_causal),
    "mistral": (make_mistral, gold_causal),
    "embeddinggemma": (make_embeddinggemma, gold_embeddinggemma),
    "eurobert": (make_eurobert, gold_eurobert),
}


# --- by hand: models of the published shapes, outside the repository -------------------------------------------------


def full_size(parent, names):
    """A folder each with mean pooling, with texts.json and Python's embeddings in python.json."""
    sliding = [FULL if (layer + 1) % 6 == 0 else SLIDING for layer in range(24)]
    shapes = {
        "qwen3-embedding": ("Qwen3-Embedding-0.6B", {
            "hidden_size": 1024, "intermediate_size": 3072, "num_hidden_layers": 28, "num_attention_heads": 16,
            "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 32768, "max_window_layers": 28,
            "vocab_size": 151669}, torch.bfloat16),
        "embeddinggemma": ("EmbeddingGemma-300m", {
            "hidden_size": 768, "intermediate_size": 1152, "num_hidden_layers": 24, "num_attention_heads": 3,
            "num_key_value_heads": 1, "head_dim": 256, "max_position_embeddings": 2048, "query_pre_attn_scalar": 256,
            "sliding_window": 512, "layer_types": sliding, "vocab_size": 262144}, torch.float32),
        "eurobert": ("EuroBERT-210m", {
            "hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12, "num_attention_heads": 12,
            "num_key_value_heads": 12, "head_dim": 64, "max_position_embeddings": 8192, "vocab_size": 128256}, torch.float32),
    }  # fmt: skip
    texts = [" ".join(SENTENCES[:17] * 5), *SENTENCES]
    for seed, (fixture, (name, shape, dtype)) in enumerate(shapes.items()):
        if names and fixture not in names:
            continue
        folder = parent / name
        folder.mkdir(parents=True)
        for file in ("config.json", "tokenizer.json", "tokenizer_config.json"):
            shutil.copy(FIXTURES / fixture / file, folder / file)
        config = config_of(folder, **shape)["config.json"]
        write_json(folder / "config.json", config)
        write_json(folder / "modules.json", modules_json(("Pooling", "1_Pooling")))
        write_json(folder / "sentence_bert_config.json", {"max_seq_length": 512, "do_lower_case": False})
        for path, content in pooling("mean", shape["hidden_size"]).items():
            (folder / path).parent.mkdir()
            write_json(folder / path, content)
        own = {key: value for key, value in config.items() if key not in ("auto_map", "architectures")}
        model = randomise(transformers.AutoModel.from_config(transformers.AutoConfig.for_model(**own)).float(), 41 + seed)
        if fixture == "embeddinggemma":
            as_gemma(model)
        weights(folder, model, dtype=dtype)
        del model
        python = SentenceTransformer(str(folder), device="cpu", **FLOAT32)
        write_json(folder / "python.json", python.encode(texts, batch_size=4).tolist())
        write_json(folder / "texts.json", texts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full-size", type=Path, metavar="FOLDER", help="write models of the published shapes there")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FAMILIES))
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)  # one thread sums in one order
    if arguments.full_size:
        full_size(arguments.full_size, arguments.names)
        return
    for name in arguments.names or FAMILIES:
        make, write = FAMILIES[name]
        make()
        gold = Gold(name)
        write(gold)
        gold.write()


if __name__ == "__main__":
    main()
