"""Tiny models of the families that came from decoders: Qwen3, Gemma3's text model and EuroBERT.

Purpose: fixtures in test/fixtures/models and gold values in test/gold/models, as models.py makes them for BERT and its
kin: each family as it is published (keys of config.json, prefixes of weights, padding side, prompts, modules) and in
the words of transformers 5; causal and bidirectional, with and without windows.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt, float32 on the CPU.
Limits: random weights, seeded; tokenizers of a few hundred tokens, taken as tokenizer.json has them.
Usage: python tools/gold/families-causal.py [NAME ...]
"""

import json
import logging
import shutil
import sys
import warnings

import numpy as np
import torch
import transformers
from models import (FEW, FIXTURES, Gold, byte_level_bpe, linear_module, modules_json, pooling, randomise, stack, unigram,
                    write_json)  # fmt: skip
from safetensors.torch import save_file
from tokenizers import AddedToken, Tokenizer, pre_tokenizers, processors
from tokenizers.models import BPE, Unigram

LONG = [16, 0, 4, 5, 12]  # the longest text beside short ones and an empty one
FULL, SLIDING = "full_attention", "sliding_attention"


# --- tokenizers -----------------------------------------------------------------------------------------------------


def byte_level(tokens, template):
    """Bytes and the merges of models.py, after the special tokens of a family; `template` says what goes around a text."""
    _, vocabulary, merges = byte_level_bpe()
    pieces = [token for token in vocabulary if not (token.startswith("<") and token.endswith(">") and len(token) > 1)]
    ids = {token: index for index, token in enumerate([*tokens, *pieces])}
    tokenizer = Tokenizer(BPE(ids, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return finished(tokenizer, tokens, template)


def pieces_of(tokens, template):
    """The Unigram pieces of models.py after the special tokens of a family."""
    tokenizer, _ = unigram()
    scored = [pair for pair in json.loads(tokenizer.to_str())["model"]["vocab"] if pair[0] not in
              ("<s>", "<pad>", "</s>", "<unk>", "<mask>")]  # fmt: skip
    other = Tokenizer(Unigram([*((token, 0.0) for token in tokens), *map(tuple, scored)], tokens.index("<unk>"), False))
    other.pre_tokenizer = tokenizer.pre_tokenizer
    return finished(other, tokens, template)


def finished(tokenizer, tokens, template):
    around = [(token, tokens.index(token)) for token in template.split() if token != "$A"]
    tokenizer.post_processor = processors.TemplateProcessing(single=template, pair=f"{template} $B", special_tokens=around)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in tokens])
    return tokenizer


def write_tokenizer(folder, tokenizer, **settings):
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    write_json(folder / "tokenizer_config.json", {"tokenizer_class": "PreTrainedTokenizerFast", **settings})


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


def qwen_config(vocabulary_size, layers, **more):
    return {"architectures": ["Qwen3ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0, "bos_token_id": 0,
            "eos_token_id": 0, "head_dim": 16, "hidden_act": "silu", "hidden_size": 32, "initializer_range": 0.02,
            "intermediate_size": 48, "max_position_embeddings": 256, "max_window_layers": layers, "model_type": "qwen3",
            "num_attention_heads": 4, "num_hidden_layers": layers, "num_key_value_heads": 2, "rms_norm_eps": 1e-06,
            "rope_scaling": None, "rope_theta": 1000000, "sliding_window": None, "tie_word_embeddings": True,
            "torch_dtype": "bfloat16", "transformers_version": "4.51.3", "use_cache": True, "use_sliding_window": False,
            "vocab_size": vocabulary_size, **more}  # fmt: skip


def make_qwen3():
    """As Qwen3-Embedding is published: bfloat16, no prefix, padding on the left, a chat template that is of no use."""
    folder = fresh("qwen3-embedding")
    tokenizer = byte_level(QWEN_TOKENS, "$A <|endoftext|>")
    config = qwen_config(tokenizer.get_vocab_size(), 3)
    write_json(folder / "config.json", config)
    weights(folder, randomise(transformers.Qwen3Model(transformers.Qwen3Config(**config)), 31), dtype=torch.bfloat16)
    write_tokenizer(folder, tokenizer, pad_token="<|endoftext|>", eos_token="<|endoftext|>", model_max_length=256,
                    padding_side="left", add_bos_token=False, bos_token=None, unk_token=None, split_special_tokens=False,
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
    tokenizer = byte_level(QWEN_TOKENS, "$A <|endoftext|>")
    config = {"architectures": ["Qwen3ForCausalLM"], "attention_bias": True, "attention_dropout": 0.1, "dtype": "float32",
              "head_dim": 8, "hidden_act": "silu", "hidden_size": 24, "initializer_range": 0.02, "intermediate_size": 40,
              "layer_types": [FULL, SLIDING], "max_position_embeddings": 128, "max_window_layers": 1, "model_type": "qwen3",
              "num_attention_heads": 3, "num_hidden_layers": 2, "num_key_value_heads": 1, "pad_token_id": 0,
              "rms_norm_eps": 1e-05, "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"},
              "sliding_window": 6, "tie_word_embeddings": False, "transformers_version": "5.23.0",
              "use_sliding_window": True, "vocab_size": tokenizer.get_vocab_size()}  # fmt: skip
    write_json(folder / "config.json", config)
    weights(folder, randomise(transformers.Qwen3ForCausalLM(transformers.Qwen3Config(**config)), 32))
    write_tokenizer(folder, tokenizer, pad_token="<|endoftext|>", eos_token="<|endoftext|>", model_max_length=60)


def gold_qwen3_plain(gold):
    gold.case("as saved")
    gold.case("is_causal false", config_of(gold.folder, is_causal=False))
    gold.case("Qwen3Model", config_of(gold.folder, architectures=["Qwen3Model"]))


# --- Gemma3's text model --------------------------------------------------------------------------------------------

GEMMA_TOKENS = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
GEMMA_PROMPTS = {"query": "task: search result | query: ", "document": "title: none | text: ",
                 "Clustering": "task: clustering | query: "}  # fmt: skip


def make_embeddinggemma():
    """As EmbeddingGemma is published: bidirectional with a window, two Dense without bias, prompts."""
    folder = fresh("embeddinggemma")
    tokenizer = pieces_of(GEMMA_TOKENS, "<bos> $A <eos>")
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
    for name, parameter in model.named_parameters():
        if name.endswith("norm.weight"):
            parameter.data -= 1  # Gemma's gain is 1 + the weight
    weights(folder, model)
    write_tokenizer(folder, tokenizer, bos_token="<bos>", eos_token="<eos>", unk_token="<unk>", pad_token="<pad>",
                    mask_token="<mask>", model_max_length=200, add_bos_token=True, add_eos_token=True)  # fmt: skip
    sentence_transformer(folder, 24, "mean_tokens", GEMMA_PROMPTS, [(24, 40), (40, 24)])
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 200, "do_lower_case": False})


def gold_embeddinggemma(gold):
    folder = gold.folder
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    gold.case("as saved")
    gold.case("padding on the left", {"tokenizer_config.json": tokenizer | {"padding_side": "left"}}, LONG)
    gold.case("encode_query", None, FEW, method="encode_query")
    gold.case("encode_document", None, FEW, method="encode_document")
    gold.case("prompt_name", None, FEW, prompt_name="Clustering")
    gold.case("token_embeddings", None, [16, 0, 5], output_value="token_embeddings")
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
    tokenizer = byte_level(EUROBERT_TOKENS, "<|begin_of_text|> $A <|end_of_text|>")
    code = {"AutoConfig": "configuration_eurobert.EuroBertConfig"} | {
        f"AutoModel{task}": f"modeling_eurobert.EuroBert{name}" for task, name in
        (("", "Model"), ("ForMaskedLM", "ForMaskedLM"), ("ForSequenceClassification", "ForSequenceClassification"))}  # fmt: skip
    config = {"architectures": ["EuroBertForMaskedLM"], "attention_bias": False, "attention_dropout": 0.0, "auto_map": code,
              "bos_token": "<|begin_of_text|>", "bos_token_id": 0, "eos_token": "<|end_of_text|>", "eos_token_id": 1,
              "head_dim": 8, "hidden_act": "silu", "hidden_dropout": 0.0, "hidden_size": 32, "initializer_range": 0.02,
              "intermediate_size": 56, "mask_token": "<|mask|>", "mask_token_id": 2, "max_position_embeddings": 256,
              "mlp_bias": False, "model_type": "eurobert", "num_attention_heads": 4, "num_hidden_layers": 2,
              "num_key_value_heads": 2, "pad_token": "<|pad|>", "pad_token_id": 3, "pretraining_tp": 1,
              "rms_norm_eps": 1e-05, "rope_scaling": None, "rope_theta": 250000, "tie_word_embeddings": False,
              "torch_dtype": "float32", "transformers_version": "4.40.0", "use_cache": False,
              "vocab_size": tokenizer.get_vocab_size()}  # fmt: skip
    write_json(folder / "config.json", config)
    own = {key: value for key, value in config.items() if key != "auto_map"}
    weights(folder, randomise(transformers.EuroBertForMaskedLM(transformers.EuroBertConfig(**own)), 34))
    write_tokenizer(folder, tokenizer, bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>", pad_token="<|pad|>",
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
    "embeddinggemma": (make_embeddinggemma, gold_embeddinggemma),
    "eurobert": (make_eurobert, gold_eurobert),
}


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)  # one thread sums in one order
    for name in sys.argv[1:] or FAMILIES:
        make, write = FAMILIES[name]
        make()
        gold = Gold(name)
        write(gold)
        gold.write()


if __name__ == "__main__":
    main()
