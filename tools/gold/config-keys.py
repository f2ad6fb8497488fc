"""Every key of a model's config files that Python knows, and what changing it does to the embeddings.

Purpose: test/gold/config-keys.json, against which the tests hold the tables of src/modules/keys and the loader.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt, float32 on the CPU; the
folders of test/fixtures/models, which models.py makes.
Limits: a key is probed with a few values each. Usage: python tools/gold/config-keys.py
"""

import dataclasses
import inspect
import json
import os
import re
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")
warnings.filterwarnings("ignore")

import numpy as np
import sentence_transformers
import tokenizers
import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Transformer
from sentence_transformers.sentence_transformer.modules import Dropout, LayerNorm, Pooling
from transformers import (
    AlbertConfig,
    BertConfig,
    CamembertConfig,
    DebertaV2Config,
    DistilBertConfig,
    ElectraConfig,
    EuroBertConfig,
    Gemma3TextConfig,
    GteConfig,
    LlamaConfig,
    MistralConfig,
    ModernBertConfig,
    MPNetConfig,
    NomicBertConfig,
    Qwen2Config,
    Qwen3Config,
    RobertaConfig,
    T5Config,
    UMT5Config,
    XLMRobertaConfig,
)
from transformers.models.albert import modeling_albert
from transformers.models.bert import modeling_bert
from transformers.models.camembert import modeling_camembert
from transformers.models.deberta_v2 import modeling_deberta_v2
from transformers.models.distilbert import modeling_distilbert
from transformers.models.electra import modeling_electra
from transformers.models.eurobert import modeling_eurobert
from transformers.models.gemma3 import modeling_gemma3
from transformers.models.gte import modeling_gte
from transformers.models.llama import modeling_llama
from transformers.models.mistral import modeling_mistral
from transformers.models.modernbert import modeling_modernbert
from transformers.models.mpnet import modeling_mpnet
from transformers.models.nomic_bert import modeling_nomic_bert
from transformers.models.qwen2 import modeling_qwen2
from transformers.models.qwen3 import modeling_qwen3
from transformers.models.roberta import modeling_roberta
from transformers.models.t5 import modeling_t5
from transformers.models.umt5 import modeling_umt5
from transformers.models.xlm_roberta import modeling_xlm_roberta
from transformers.tokenization_utils_base import PreTrainedTokenizerBase

ROOT = Path(__file__).resolve().parents[2]
FIXTURES, GOLD = ROOT / "test/fixtures/models", ROOT / "test/gold/config-keys.json"
VERSIONS = {m.__name__: m.__version__ for m in (sentence_transformers, transformers, tokenizers, torch, np)}
TEXTS = ["a cat sat on the mat today", "Dog <pad> [PAD] x", "the sea and the sun and the moon are far away " * 9, ""]
CONFIGS = {
    "bert": (BertConfig, modeling_bert),
    "roberta": (RobertaConfig, modeling_roberta),
    "xlm-roberta": (XLMRobertaConfig, modeling_xlm_roberta),
    "distilbert": (DistilBertConfig, modeling_distilbert),
    "mpnet": (MPNetConfig, modeling_mpnet),
    "camembert": (CamembertConfig, modeling_camembert),
    "electra": (ElectraConfig, modeling_electra),
    "albert": (AlbertConfig, modeling_albert),
    "t5": (T5Config, modeling_t5),
    "umt5": (UMT5Config, modeling_umt5),
    "deberta-v2": (DebertaV2Config, modeling_deberta_v2),
    "nomic-native": (NomicBertConfig, modeling_nomic_bert),
    "modernbert-native": (ModernBertConfig, modeling_modernbert),
    "gte-native": (GteConfig, modeling_gte),
    "qwen3-embedding": (Qwen3Config, modeling_qwen3),
    "qwen2": (Qwen2Config, modeling_qwen2),
    "llama": (LlamaConfig, modeling_llama),
    "mistral": (MistralConfig, modeling_mistral),
    "embeddinggemma": (Gemma3TextConfig, modeling_gemma3),
    "eurobert": (EuroBertConfig, modeling_eurobert),
}
ABSENT = "<absent>"
# Keys that ask for weights which the checkpoint lacks: Python would make random ones.
OTHER_WEIGHTS = {
    ("albert", "inner_group_num"), ("albert", "num_hidden_groups"), ("t5", "is_gated_act"), ("umt5", "is_gated_act"),
    ("deberta-v2", "share_att_key"), ("deberta-v2", "type_vocab_size"), ("qwen3-embedding", "attention_bias"),
    ("embeddinggemma", "attention_bias"), ("eurobert", "attention_bias"), ("eurobert", "mlp_bias"),
    ("llama", "attention_bias"), ("llama", "mlp_bias"),
}  # fmt: skip
MOST_SAME = 1  # values of a key that change nothing


def config_keys(config_class, modeling):
    """Fields of the config, their other names, and whatever the modelling code reads of it."""
    source = inspect.getsource(modeling)
    read = re.findall(r"\bconfig\.([a-z]\w*)", source) + re.findall(r"getattr\(config, \"(\w+)\"", source)
    known = {f.name for f in dataclasses.fields(config_class)} | set(config_class.attribute_map)
    methods = {name for name in read if callable(getattr(config_class, name, None))}
    return sorted((known | set(read)) - methods - {"attn_implementation"})


def float_keys():
    """Fields that take a float and no int: transformers refuses 2 there."""
    typed = {(f.name, str(f.type)) for config_class, _ in CONFIGS.values() for f in dataclasses.fields(config_class)}
    return sorted({name for name, kind in typed if "float" in kind and "int" not in kind})


def parameters(function):
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    signature = inspect.signature(inspect.unwrap(function))
    return sorted(n for n, p in signature.parameters.items() if n not in ("self", "text") and p.kind not in kinds)


def keys():
    pooling = inspect.getsource(sys.modules[Pooling.__module__])
    model = inspect.getsource(sys.modules["sentence_transformers.base.model"])
    model += inspect.getsource(sys.modules["sentence_transformers.sentence_transformer.model"])
    return {
        "config.json": {name: config_keys(*classes) for name, classes in CONFIGS.items()},
        "sentence_bert_config.json": [n for n in parameters(Transformer.__init__) if n != "model_name_or_path"],
        "processing_kwargs": sorted(Transformer._VALID_PROCESSING_KWARGS_KEYS),
        "processing_kwargs.text": parameters(PreTrainedTokenizerBase.__call__),
        "Pooling": sorted({*parameters(Pooling.__init__), *re.findall(r'"(pooling_mode_\w+)":', pooling)}),
        "Dense": parameters(Dense.__init__),
        "Normalize": parameters(Normalize.__init__),
        "LayerNorm": parameters(LayerNorm.__init__),
        "Dropout": parameters(Dropout.__init__),
        "modules.json": sorted(set(re.findall(r'module_config(?:\.get\(|\[)"(\w+)"', model))),
        "config_sentence_transformers.json": sorted(set(re.findall(r'model_config(?:\.get\(|\[)"(\w+)"', model))),
    }


def probes():
    """(fixture, file, key as a path, value, method)"""
    names = ["hidden_act", "hidden_activation", "activation"]
    values = [None, True, False, 0, 1, 3, 0.5, "x", [], {}, {"0": {"intermediate_size": 8}}]
    for fixture, (config_class, modeling) in CONFIGS.items():
        plain = json.loads((FIXTURES / fixture / "config.json").read_text())
        for key in config_keys(config_class, modeling) + ["quantization_config", "per_layer_config", "is_causal", "layer_types"]:
            current = plain.get(key, getattr(config_class(), key, None))
            if key == "dtype":
                continue  # half precision is computed in float32 here
            chosen = [ABSENT] if key in plain and "size" not in key and "max" not in key else []
            if isinstance(current, bool):
                chosen += [not current]
            elif isinstance(current, (int, float)):
                chosen += [current + 1, current / 2 if isinstance(current, float) else max(1, current // 2)]
            elif key in names:
                chosen += ["relu", "gelu_new", "gelu_accurate", "hardswish", "tanh"]
            elif key not in ("architectures", "transformers_version", "model_type"):
                chosen += values[1:4] + values[7:]
            if key in ("num_hidden_layers", "n_layers", "num_layers"):
                chosen = [1]  # layers that the checkpoint lacks would be random
            if (fixture, key) in OTHER_WEIGHTS:
                continue
            for value in chosen:
                yield fixture, "config.json", [key], value, "encode"
    yield "bert", "config.json", ["auto_map"], {"AutoModel": "modeling_other.OtherModel"}, "encode"
    yield "bert", "config.json", ["auto_map"], {"AutoModelForMaskedLM": "modeling_other.OtherModel"}, "encode"

    file = "sentence_bert_config.json"
    for fixture in ("bert", "roberta"):
        for key, value in (
            ("query_length", 6), ("query_length", None), ("document_length", 7), ("query_length", 30),
            ("query_expansion", {"strategy": "fixed", "length": 9}),
            ("query_expansion", {"strategy": "min", "length": 9}),
            ("query_expansion", {"strategy": "fixed", "length": 12, "attend": True}),
            ("max_seq_length", 9), ("max_seq_length", None), ("do_lower_case", True), ("do_lower_case", None),
            ("unpad_inputs", False), ("transformer_task", "fill-mask"), ("module_output_name", "sentence_embedding"),
            ("backend", "onnx"),
        ):
            for method in ("encode", "encode_query", "encode_document"):
                yield fixture, file, [key], value, method
        for part in ("text", "common"):
            for key, value in (
                ("max_length", 6), ("max_length", None), ("truncation", False), ("truncation", "only_first"),
                ("padding", "longest"), ("padding", "max_length"), ("padding_side", "left"), ("add_special_tokens", False),
                ("return_attention_mask", False), ("return_token_type_ids", True), ("return_tensors", "np"),
                ("is_split_into_words", True), ("return_overflowing_tokens", True), ("split_special_tokens", True),
                ("stride", 2), ("pad_to_multiple_of", 4), ("return_length", True), ("verbose", False),
            ):
                yield fixture, file, ["processing_kwargs", part, key], value, "encode"
        for old, new in (("tokenizer_args", "processor_kwargs"),):
            for key, value in (
                ("model_max_length", 7), ("do_lower_case", False), ("add_prefix_space", True), ("strip_accents", False),
                ("truncation_side", "left"), ("padding_side", "left"), ("use_fast", False), ("max_length", 5),
                ("cls_token", "[SEP]"), ("tokenize_chinese_chars", False), ("model_input_names", ["input_ids"]),
            ):
                for name in (old, new):
                    yield fixture, file, [name, key], value, "encode"
        for name in ("config_args", "config_kwargs"):
            for key, value in (
                ("num_hidden_layers", 1), ("hidden_act", "relu"), ("layer_norm_eps", 0.1), ("pad_token_id", 5),
                ("other", 1), ("model_type", "mpnet"),
            ):
                yield fixture, file, [name, key], value, "encode"
        for name in ("model_args", "model_kwargs"):
            for key, value in (("torch_dtype", "float16"), ("dtype", "float32"), ("attn_implementation", "eager"), ("other", 1)):
                yield fixture, file, [name, key], value, "encode"

    file = "config_sentence_transformers.json"
    for key, value in (
        ("model_type", "SparseEncoder"), ("model_type", "CrossEncoder"), ("model_type", "MultiVectorEncoder"),
        ("model_type", "ColBERT"), ("requirements", {"transformers": ">=5"}), ("requirements", {"transformers": ">=99"}),
        ("requirements", {"sentence_transformers": "~=6.0"}), ("requirements", {"sentence-transformers": "<6"}),
        ("truncate_dim", 4), ("truncate_dim", None), ("default_prompt_name", None), ("similarity_fn_name", None),
        ("prompts", {"query": None, "document": "the sea "}), ("other", 1),
    ):
        for method in ("encode", "encode_document"):
            yield "bert", file, [key], value, method
    for key, value in (
        ("include_prompt", None), ("include_prompt", False), ("pooling_mode", ["cls", "max"]), ("other", 1),
        ("pooling_mode", "lasttoken"), ("pooling_mode_cls_token", True), ("pooling_mode_max_tokens", None),
    ):
        for fixture in ("bert", "roberta"):
            yield fixture, "1_Pooling/config.json", [key], value, "encode_prompt"


def changed(config, path, value):
    [key, *rest] = path
    if value == ABSENT:
        return {k: v for k, v in config.items() if k != key}
    return {**config, key: changed(config.get(key, {}), rest, value) if rest else value}


def embed(folder, method):
    options = {"prompt": "the sea "} if method == "encode_prompt" else {}
    model = SentenceTransformer(str(folder), device="cpu")
    return np.asarray(getattr(model, method.removesuffix("_prompt"))(TEXTS, **options), dtype=np.float32)


def rounded(embeddings):
    return [[round(float(x), 6) for x in row] for row in embeddings]


def with_change(fixture, file, config, method):
    with tempfile.TemporaryDirectory() as parent:
        folder = shutil.copytree(FIXTURES / fixture, Path(parent) / "model")
        text = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps({**text, "dtype": "float32"}))
        if file is not None:
            (folder / file).write_text(json.dumps(config))
        return embed(folder, method)


def main():
    cases, plain, kept = [], {}, {}
    for fixture, file, path, value, method in probes():
        if (fixture, method) not in plain:
            plain[fixture, method] = with_change(fixture, None, None, method)
        current = FIXTURES / fixture / file
        config = json.loads(current.read_text()) if current.exists() else {}
        config = changed({**config, "dtype": "float32"} if file == "config.json" else config, path, value)
        case = {"model": fixture, "file": file, "key": path, "value": value, "method": method}
        try:
            embeddings = with_change(fixture, file, config, method)
            usual = plain[fixture, method]
            same = embeddings.shape == usual.shape and np.abs(embeddings - usual).max() < 2e-6
        except Exception:  # Python gives no embedding: nothing to compare with
            continue
        place = (fixture, file, str(path), method)
        kept[place] = kept.get(place, 0) + same
        if not same:
            cases.append(case | {"embeddings": rounded(embeddings)})
        elif kept[place] <= MOST_SAME:
            cases.append(case)
    plain_rows = {f"{fixture} {method}": rounded(rows) for (fixture, method), rows in plain.items()}
    lines = ",\n".join(json.dumps(case) for case in cases)
    head = json.dumps({"versions": VERSIONS, "keys": keys(), "floats": float_keys(), "texts": TEXTS, "plain": plain_rows})
    GOLD.write_text(f'{head[:-1]}, "cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases,", sum("embeddings" in case for case in cases), "of them with other embeddings")


if __name__ == "__main__":
    main()
