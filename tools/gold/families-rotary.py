"""Tiny models of the encoders with rotary positions: NomicBERT, ModernBERT and GTE, in every form they are published in.

Purpose: a reference by the Python library for both dialects of config.json and both spellings of the weights.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt, float32 on the CPU. A folder
that Python runs with code of its author's (`auto_map`) is computed by the class that transformers has for the same
architecture, from the same weights and a config in its own words: PYTHON says which.
Limits: random weights. Usage: python tools/gold/families-rotary.py [--full-size FOLDER]
"""

import argparse
import logging
import shutil
import tempfile
import warnings
from pathlib import Path

import torch
import transformers
from models import (FEW, FIXTURES, FLOAT32, ROBERTA_SPECIAL, SENTENCES, Gold, modules_json, pooling, randomise, unigram, wordpiece,
                    write_json, write_tokenizer)  # fmt: skip
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer

LONG = [16, 0, 4, 5, 12]  # the longest text beside short ones and an empty one
NOMIC = "nomic-ai/nomic-bert-2048--"
NOMIC_MAP = {"AutoConfig": f"{NOMIC}configuration_hf_nomic_bert.NomicBertConfig",
             "AutoModel": f"{NOMIC}modeling_hf_nomic_bert.NomicBertModel",
             "AutoModelForMaskedLM": f"{NOMIC}modeling_hf_nomic_bert.NomicBertForPreTraining"}  # fmt: skip
NEW = "Alibaba-NLP/new-impl--"
NEW_MAP = {"AutoConfig": f"{NEW}configuration.NewConfig", "AutoModel": f"{NEW}modeling.NewModel",
           "AutoModelForMaskedLM": f"{NEW}modeling.NewForMaskedLM"}  # fmt: skip


def sentence_transformer(folder, mode, max_seq_length, dimension=32, prompts=None, normalize=False):
    """What sentence-transformers adds to a folder, as the published models have it."""
    more = [("Normalize", "2_Normalize")] if normalize else []
    write_json(folder / "modules.json", modules_json(("Pooling", "1_Pooling"), *more))
    write_json(folder / "1_Pooling/config.json", {"word_embedding_dimension": dimension} | {
        f"pooling_mode_{key}": key == mode for key in ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    })  # fmt: skip
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_seq_length, "do_lower_case": False})
    if prompts:
        write_json(folder / "config_sentence_transformers.json", {"prompts": prompts, "default_prompt_name": None})


def write_wordpiece(folder, length):
    tokenizer, _, name, special = wordpiece("bert")
    write_tokenizer(folder, tokenizer, special, {"tokenizer_class": name, "model_max_length": length})


# --- weights as the authors' own code names them: the inverse of transformers' conversion_mapping.py ------------------


def renamed(state, names, prefix=""):
    """`state` with each part of a name replaced, and what three (two) weights are fused to where `names` says so."""
    fused, result = {}, {}
    for name, tensor in state.items():
        for old, new in names.items():
            name = name.replace(old, new)
        if "|" in name:  # FUSED|place, among the weights that are laid one below the other
            before, after = name.split("|")
            place, _, kind = after.partition(".")
            fused.setdefault(f"{before}.{kind}", {})[int(place)] = tensor
        else:
            result[prefix + name] = tensor.contiguous()
    return result | {prefix + n: torch.cat([parts[i] for i in sorted(parts)]).contiguous() for n, parts in fused.items()}


NOMIC_NAMES = {"embeddings.LayerNorm": "emb_ln", "layers.": "encoder.layers.", "self_attn.o_proj": "attn.out_proj",
               "self_attn.q_proj": "attn.Wqkv|0", "self_attn.k_proj": "attn.Wqkv|1", "self_attn.v_proj": "attn.Wqkv|2",
               "up_proj": "fc11", "gate_proj": "fc12", "down_proj": "fc2", "post_attention_layernorm": "norm1",
               "post_mlp_layernorm": "norm2"}  # fmt: skip
NEW_NAMES = {"layers.": "encoder.layer.", "self_attn.o_proj": "attention.o_proj", "mlp.up_proj": "mlp.up_gate_proj|0",
             "mlp.gate_proj": "mlp.up_gate_proj|1", "self_attn.q_proj": "attention.qkv_proj|0",
             "self_attn.k_proj": "attention.qkv_proj|1", "self_attn.v_proj": "attention.qkv_proj|2",
             "post_attention_layernorm": "attn_ln", "post_mlp_layernorm": "mlp_ln"}  # fmt: skip


def weights(folder, state):
    save_file({name: tensor.contiguous() for name, tensor in state.items()}, folder / "model.safetensors", {"format": "pt"})


# --- configs --------------------------------------------------------------------------------------------------------


def nomic_hub(width, layers, heads, inner, vocabulary, positions=32):
    """As nomic-embed-text-v1 was published, key for key."""
    return {
        "activation_function": "swiglu", "architectures": ["NomicBertModel"], "attn_pdrop": 0.0, "auto_map": NOMIC_MAP,
        "bos_token_id": None, "causal": False, "dense_seq_output": True, "embd_pdrop": 0.0, "eos_token_id": None,
        "fused_bias_fc": True, "fused_dropout_add_ln": True, "initializer_range": 0.02, "layer_norm_epsilon": 1e-12,
        "max_trained_positions": positions, "mlp_fc1_bias": False, "mlp_fc2_bias": False, "model_type": "nomic_bert",
        "n_embd": width, "n_head": heads, "n_inner": inner, "n_layer": layers, "n_positions": 4 * positions,
        "pad_vocab_size_multiple": 1, "parallel_block": False, "parallel_block_tied_norm": False, "prenorm": False,
        "qkv_proj_bias": False, "reorder_and_upcast_attn": False, "resid_pdrop": 0.0, "rotary_emb_base": 1000,
        "rotary_emb_fraction": 1.0, "rotary_emb_interleaved": False, "rotary_emb_scale_base": None,
        "rotary_scaling_factor": None, "scale_attn_by_inverse_layer_idx": False, "scale_attn_weights": True,
        "summary_activation": None, "summary_first_dropout": 0.0, "summary_proj_to_labels": True,
        "summary_type": "cls_index", "summary_use_proj": True, "torch_dtype": "float32",
        "transformers_version": "4.37.2", "type_vocab_size": 2, "use_cache": True, "use_flash_attn": True,
        "use_rms_norm": False, "use_xentropy": True, "vocab_size": vocabulary,
    }  # fmt: skip


def nomic_native(width, layers, heads, inner, vocabulary, positions=32, **more):
    return {"architectures": ["NomicBertModel"], "model_type": "nomic_bert", "vocab_size": vocabulary, "hidden_size": width,
            "num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": inner, "hidden_act": "silu",
            "max_position_embeddings": positions, "layer_norm_eps": 1e-12, "type_vocab_size": 2, "pad_token_id": 0,
            "rope_parameters": {"rope_theta": 1000, "rope_type": "default"}, **more}  # fmt: skip


def new_hub(width, layers, heads, inner, vocabulary, factor, theta, types, positions=64):
    """As gte-base-en-v1.5 and gte-multilingual-base are published."""
    return {
        "architectures": ["NewModel"], "attention_probs_dropout_prob": 0.0, "auto_map": NEW_MAP,
        "classifier_dropout": None, "hidden_act": "gelu", "hidden_dropout_prob": 0.1, "hidden_size": width,
        "initializer_range": 0.02, "intermediate_size": inner, "layer_norm_eps": 1e-12, "layer_norm_type": "layer_norm",
        "logn_attention_clip1": False, "logn_attention_scale": False, "max_position_embeddings": positions,
        "model_type": "new", "num_attention_heads": heads, "num_hidden_layers": layers, "pack_qkv": True,
        "pad_token_id": 0, "position_embedding_type": "rope", "rope_scaling": {"factor": factor, "type": "ntk"},
        "rope_theta": theta, "torch_dtype": "float32", "transformers_version": "4.39.1", "type_vocab_size": types,
        "unpad_inputs": False, "use_memory_efficient_attention": False, "vocab_size": vocabulary,
    }  # fmt: skip


def gte_native(width, layers, heads, inner, vocabulary, factor, theta, types, positions=64):
    """The same as `new_hub` in transformers' words: NTK with a fixed factor is another base, then a linear factor."""
    rope = {"rope_type": "linear", "rope_theta": theta * factor, "factor": factor ** (2 / (width // heads))}
    return {"architectures": ["GteModel"], "model_type": "gte", "vocab_size": vocabulary, "hidden_size": width,
            "num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": inner, "hidden_act": "gelu",
            "max_position_embeddings": positions, "layer_norm_eps": 1e-12, "type_vocab_size": types, "pad_token_id": 0,
            "rope_parameters": rope}  # fmt: skip


def modernbert_hub(width, layers, heads, inner, vocabulary, window=8, positions=128):
    """As ModernBERT-base is published, key for key."""
    return {
        "architectures": ["ModernBertForMaskedLM"], "attention_bias": False, "attention_dropout": 0.0,
        "bos_token_id": 2, "classifier_activation": "gelu", "classifier_bias": False, "classifier_dropout": 0.0,
        "classifier_pooling": "mean", "cls_token_id": 2, "decoder_bias": True, "deterministic_flash_attn": False,
        "embedding_dropout": 0.0, "eos_token_id": 3, "global_attn_every_n_layers": 3, "global_rope_theta": 160000.0,
        "gradient_checkpointing": False, "hidden_activation": "gelu", "hidden_size": width,
        "initializer_cutoff_factor": 2.0, "initializer_range": 0.02, "intermediate_size": inner, "layer_norm_eps": 1e-05,
        "local_attention": window, "local_rope_theta": 10000.0, "max_position_embeddings": positions, "mlp_bias": False,
        "mlp_dropout": 0.0, "model_type": "modernbert", "norm_bias": False, "norm_eps": 1e-05,
        "num_attention_heads": heads, "num_hidden_layers": layers, "pad_token_id": 0, "position_embedding_type": "absolute",
        "sep_token_id": 3, "tie_word_embeddings": True, "torch_dtype": "float32", "transformers_version": "4.47.0.dev0",
        "vocab_size": vocabulary,
    }  # fmt: skip


def modernbert_native(width, layers, heads, inner, vocabulary, window=8, positions=128):
    """As transformers 5 saves it, with kinds of layers that no rule of `global_attn_every_n_layers` gives."""
    kinds = ["sliding_attention", "full_attention", "sliding_attention", "sliding_attention", "full_attention"]
    return {"architectures": ["ModernBertModel"], "model_type": "modernbert", "vocab_size": vocabulary,
            "hidden_size": width, "num_hidden_layers": layers, "num_attention_heads": heads, "intermediate_size": inner,
            "hidden_activation": "silu", "max_position_embeddings": positions, "norm_eps": 1e-3, "norm_bias": True,
            "attention_bias": True, "mlp_bias": True, "local_attention": window, "layer_types": kinds[:layers],
            "pad_token_id": 0, "rope_parameters": {
                "full_attention": {"rope_theta": 500.0, "rope_type": "default"},
                "sliding_attention": {"rope_theta": 20.0, "rope_type": "linear", "factor": 1.5}}}  # fmt: skip


# --- the fixtures ---------------------------------------------------------------------------------------------------

SIZES = dict(width=32, layers=2, heads=4, inner=40)
WORDS = len(wordpiece("bert")[1])
PIECES_OF_UNIGRAM = len(unigram()[1])
NOMIC_PROMPTS = {"search_query": "search_query: ", "search_document": "search_document: ",
                 "classification": "classification: ", "clustering": "clustering: "}  # fmt: skip
GTE = dict(**SIZES, factor=2.0, theta=5000)
PYTHON = {  # what Python reads in place of a config that asks for code of its author's
    "nomic-hub": nomic_native(**SIZES, vocabulary=WORDS, positions=128),
    "gte-new": gte_native(**GTE, vocabulary=WORDS, types=0),
    "gte-new-multilingual": gte_native(**GTE | {"factor": 8.0, "theta": 20000}, vocabulary=PIECES_OF_UNIGRAM, types=1),
}


def random_model(config, seed):
    names = {k: v for k, v in config.items() if k not in ("architectures", "auto_map")}
    model = transformers.AutoModel.from_config(transformers.AutoConfig.for_model(**names))
    return randomise(model, seed)


def make_nomic():
    folder = FIXTURES / "nomic-hub"
    sentence_transformer(folder, "mean_tokens", 256, prompts=NOMIC_PROMPTS)
    write_json(folder / "config.json", nomic_hub(**SIZES, vocabulary=WORDS))
    weights(folder, renamed(random_model(PYTHON["nomic-hub"], 21).state_dict(), NOMIC_NAMES))
    write_wordpiece(folder, 8192)

    folder = FIXTURES / "nomic-native"
    sentence_transformer(folder, "mean_tokens", None, normalize=True)
    config = nomic_native(**SIZES | {"layers": 3}, vocabulary=WORDS, head_dim=6, layer_norm_eps=1e-3)
    write_json(folder / "config.json", config)
    weights(folder, random_model(config, 22).state_dict())
    write_wordpiece(folder, 8192)


def make_modernbert():
    folder = FIXTURES / "modernbert-hub"
    sentence_transformer(folder, "cls_token", 128)
    config = modernbert_hub(**SIZES | {"layers": 4}, vocabulary=WORDS)
    write_json(folder / "config.json", config)
    own = {"model." + name: tensor for name, tensor in random_model(config, 23).state_dict().items()}
    head = {"head.dense.weight": torch.ones(32, 32), "head.norm.weight": torch.ones(32), "decoder.bias": torch.ones(WORDS)}
    weights(folder, own | head)
    write_wordpiece(folder, 128)

    folder = FIXTURES / "modernbert-native"
    sentence_transformer(folder, "mean_tokens", 128)
    config = modernbert_native(**SIZES | {"layers": 5}, vocabulary=WORDS)
    write_json(folder / "config.json", config)
    weights(folder, random_model(config, 24).state_dict())
    write_wordpiece(folder, 128)


def make_gte():
    folder = FIXTURES / "gte-new"
    sentence_transformer(folder, "cls_token", 512)
    write_json(folder / "config.json", new_hub(**GTE, vocabulary=WORDS, types=0))
    weights(folder, renamed(random_model(PYTHON["gte-new"], 25).state_dict(), NEW_NAMES))
    write_wordpiece(folder, 8192)

    folder = FIXTURES / "gte-new-multilingual"
    sentence_transformer(folder, "cls_token", 8192, normalize=True)
    config = new_hub(**GTE | {"factor": 8.0, "theta": 20000}, vocabulary=PIECES_OF_UNIGRAM, types=1)
    write_json(folder / "config.json", config | {"architectures": ["NewForTokenClassification"]})
    own = renamed(random_model(PYTHON["gte-new-multilingual"], 26).state_dict(), NEW_NAMES, "new.")
    weights(folder, own | {"classifier.weight": torch.ones(1, 32), "classifier.bias": torch.ones(1)})
    write_tokenizer(folder, unigram()[0], ROBERTA_SPECIAL,
                    {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 8192})  # fmt: skip

    folder = FIXTURES / "gte-native"
    sentence_transformer(folder, "mean_tokens", None)
    config = gte_native(**GTE, vocabulary=WORDS, types=2) | {"rope_parameters": {"rope_theta": 100.0, "rope_type": "default"}}
    write_json(folder / "config.json", config)
    weights(folder, random_model(config, 27).state_dict())
    write_wordpiece(folder, 8192)


# --- gold -----------------------------------------------------------------------------------------------------------


class RotaryGold(Gold):
    """Python reads PYTHON's config in place of the folder's; the case doesn't say so."""

    def __init__(self, name):
        self.other = {"config.json": PYTHON[name]} if name in PYTHON else {}
        self.python = Path(tempfile.mkdtemp()) / name
        shutil.copytree(FIXTURES / name, self.python)
        for path, value in self.other.items():
            write_json(self.python / path, value)
        super().__init__(name, self.python)


def make_gold():
    for name in ("nomic-hub", "nomic-native", "modernbert-hub", "modernbert-native", "gte-new", "gte-new-multilingual",
                 "gte-native"):  # fmt: skip
        gold = RotaryGold(name)
        gold.case("as saved")
        gold.case("mixed lengths", None, LONG)
        gold.case("token embeddings", None, [16, 4, 5], output_value="token_embeddings")
        for mode in ("cls", "mean", "lasttoken"):
            gold.case(f"pooling {mode}", pooling(mode, 32), FEW)
        short = {"sentence_bert_config.json": {"max_seq_length": 12}}
        gold.case("max_seq_length 12", short, LONG)
        gold.case("no sentence_bert_config", {"sentence_bert_config.json": None}, LONG)
        if name == "nomic-hub":
            for prompt in NOMIC_PROMPTS:
                gold.case(f"prompt {prompt}", None, FEW, prompt_name=prompt)
            gold.case("truncate_dim", None, FEW, truncate_dim=8, normalize_embeddings=True)
        gold.write()


# --- by hand: models of the published shapes, outside the repository -------------------------------------------------


def full_size(parent):
    """A folder each with texts.json and Python's embeddings in python.json."""
    base = dict(width=768, layers=12, heads=12, inner=3072)
    gte_base = dict(**base, factor=2.0, theta=500_000, types=0, positions=8192)
    modern = base | {"layers": 22, "inner": 1152, "window": 128, "positions": 8192}
    shapes = {
        "nomic-embed-text-v1.5": (nomic_native(**base, vocabulary=30528, positions=2048),
                                  nomic_hub(**base, vocabulary=30528, positions=2048), NOMIC_NAMES, "mean_tokens"),
        "gte-base-en-v1.5": (gte_native(**gte_base, vocabulary=30528), new_hub(**gte_base, vocabulary=30528), NEW_NAMES,
                             "cls_token"),
        "ModernBERT-base": (modernbert_hub(**modern, vocabulary=50368), None, {}, "mean_tokens"),
    }  # fmt: skip
    texts = [" ".join(SENTENCES[:17] * 5), *SENTENCES]
    for seed, (name, (native, hub, names, mode)) in enumerate(shapes.items()):
        folder = parent / name
        sentence_transformer(folder, mode, 2048, 768)
        write_json(folder / "config.json", native)
        weights(folder, renamed(random_model(native, 31 + seed).state_dict(), names))
        write_wordpiece(folder, 8192)
        model = SentenceTransformer(str(folder), device="cpu", **FLOAT32)
        write_json(folder / "python.json", model.encode(texts, batch_size=4).tolist())
        write_json(folder / "texts.json", texts)
        write_json(folder / "config.json", hub or native)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full-size", type=Path, metavar="FOLDER", help="write models of the published shapes there")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    if arguments.full_size:
        full_size(arguments.full_size)
        return
    for make in (make_nomic, make_modernbert, make_gte):
        make()
    make_gold()


if __name__ == "__main__":
    main()
