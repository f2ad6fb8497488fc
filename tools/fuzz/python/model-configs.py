"""Varies the config and weight files of tiny models by chance, and says what sentence-transformers makes of each folder.

Lines of {folder, change, embeddings: {query, document, plain} | null}; null where Python gives none, which may be loaded or
refused. A folder that is loaded here has to give Python's embeddings.

Run: python tools/fuzz/python/model-configs.py COUNT SEED FOLDER > cases.jsonl (tools/gold/requirements.txt); the variations lie in
FOLDER, where model-configs.ts finds them.
"""

import json
import os
import random
import shutil
import sys
import warnings
from pathlib import Path

os.environ.update(HF_HUB_OFFLINE="1", TOKENIZERS_PARALLELISM="false", TRANSFORMERS_VERBOSITY="error")
warnings.filterwarnings("ignore")

import torch
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer

FIXTURES = Path(__file__).resolve().parents[3] / "test/fixtures/models"
MODELS = ["bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "hpd-tinybert-like"]
TEXTS = ["a cat sat on the mat today", "Dog <pad> [PAD] x", "the sea and the sun and the moon are far " * 6, "", "word " * 80]
JUNK = [None, True, False, 0, 1, 2, 7, -1, 0.5, "x", "1", [], {}, ["mean"], "longest", "float32", "auto", "right", "left", "pt"]
count, seed, target = int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
chance = random.Random(seed)
pick = chance.choice


def read(path):
    return json.loads(path.read_text()) if path.exists() else {}


def edit(path, changes):
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({**read(path), **changes}))
    return changes


def config_json(folder):
    config = read(folder / "config.json")
    more = ["hidden_act", "activation", "num_hidden_layers", "n_layers", "layer_norm_eps", "pad_token_id", "is_decoder"]
    more += ["quantization_config", "auto_map", "per_layer_config", "is_causal", "chunk_size_feed_forward", "type_vocab_size"]
    key = pick([*config, *more, *more])
    values = [*JUNK, "relu", "gelu_new", "gelu_accurate", "hardswish", "silu", "tanh", 1, 1e-3, {"AutoModel": "own.Own"}]
    if key in config and chance.random() < 0.1:
        del config[key]
        (folder / "config.json").write_text(json.dumps(config))
        return {key: "removed"}
    return edit(folder / "config.json", {key: pick(values)})


def sentence_bert(folder):
    lengths = [None, 3, 5, 9, 20, 40, 70]
    kwargs = {
        "text": ["max_length", "truncation", "padding", "add_special_tokens", "padding_side", "stride", "return_length", "x"],
        "processor_kwargs": ["model_max_length", "do_lower_case", "strip_accents", "add_prefix_space", "truncation_side", "x"],
        "config_kwargs": ["num_hidden_layers", "n_layers", "hidden_act", "activation", "layer_norm_eps", "model_type", "x"],
        "model_kwargs": ["dtype", "attn_implementation", "use_safetensors", "add_pooling_layer", "x"],
    }
    values = [*JUNK, 6, 9, 20, "longest_first", "relu", "eager"]
    expansions = [{"strategy": s, "length": n, "attend": a} for s in ("fixed", "min") for n in (4, 9, 33) for a in (False, True)]
    choices = {
        "query_length": lambda: pick(lengths),
        "document_length": lambda: pick(lengths),
        "max_seq_length": lambda: pick(lengths),
        "do_lower_case": lambda: pick([True, False, None]),
        "query_expansion": lambda: pick([None, *expansions]),
        "processing_kwargs": lambda: {pick(["text", "common"]): {pick(kwargs["text"]): pick(values)}},
        "processor_kwargs": lambda: {pick(kwargs["processor_kwargs"]): pick(values)},
        "tokenizer_args": lambda: {pick(kwargs["processor_kwargs"]): pick(values)},
        "config_kwargs": lambda: {pick(kwargs["config_kwargs"]): pick(values)},
        "config_args": lambda: {pick(kwargs["config_kwargs"]): pick(values)},
        "model_kwargs": lambda: {pick(kwargs["model_kwargs"]): pick(values)},
        "transformer_task": lambda: pick(["feature-extraction", "fill-mask", None]),
        "module_output_name": lambda: pick(["token_embeddings", "sentence_embedding"]),
        "x": lambda: pick(JUNK),
    }
    keys = chance.sample(sorted(choices), chance.randint(1, 3))
    name = "sentence_bert_config.json"
    if chance.random() < 0.1:
        (folder / name).write_text(pick(["{}", "null", "[]"]))
        name = "sentence_xlnet_config.json"
    return edit(folder / name, {key: choices[key]() for key in keys})


def pooling(folder):
    modes = ["pooling_mode_cls_token", "pooling_mode_max_tokens", "pooling_mode_lasttoken", "pooling_mode_mean_tokens"]
    key = pick(["pooling_mode", "include_prompt", *modes, "x"])
    return edit(folder / "1_Pooling/config.json", {key: pick([*JUNK, "cls", "max", ["cls", "mean"], "lasttoken"])})


def model_config(folder):
    prompts = {"query": pick([None, "the sea "]), "document": pick([None, "a cat "]), "x": "Dog "}
    changes = {
        "model_type": pick(["SentenceTransformer", "SparseEncoder", "CrossEncoder", None]),
        "requirements": pick([None, {"transformers": pick([">=5", "<5", "~=5.0", "==5.*", "latest"])}, {"x": ">1"}]),
        "truncate_dim": pick([None, 4, 0, 100]),
        "default_prompt_name": pick([None, "query", "x"]),
        "x": pick(JUNK),
    }
    key = pick(sorted(changes))
    if chance.random() < 0.7:
        edit(folder / "1_Pooling/config.json", {"include_prompt": pick([True, False])})
    return edit(folder / "config_sentence_transformers.json", {"prompts": prompts, key: changes[key]})


def modules(folder):
    entries = read(folder / "modules.json")
    change = pick(["more", "more", "name", "path", "fewer", "none"])
    if change == "none":
        (folder / "modules.json").unlink()
        edit(folder / "sentence_bert_config.json", {"max_seq_length": 7})
        return [change, edit(folder / "config.json", {"architectures": pick([None, [], ["XForCausalLM"]])})]
    if change == "more":
        kind = pick(["Normalize", "Dropout", "Dense"])
        if kind == "Dense":
            shutil.copytree(FIXTURES / "bert/2_Dense", folder / "9")
        keys = {key: pick([*JUNK, "token_embeddings"]) for key in chance.sample(["module_output_name", "bias", "dropout"], 1)}
        if kind == "Dense" or chance.random() < 0.7:
            edit(folder / "9/config.json", keys)
        entry = {"name": pick(["9", "9", "1"]), "path": "9", "type": f"sentence_transformers.models.{kind}"}
        entries.insert(pick([1, 2, len(entries)]), entry)
        change = [change, entry, keys]
    elif change == "fewer":
        entries.pop()
    else:
        pick(entries)[change] = pick([*JUNK, "./1_Pooling/", "1"])
    (folder / "modules.json").write_text(json.dumps(entries))
    return change


def weights(folder):
    tensors = {}
    for file in [*folder.glob("*.safetensors"), *folder.glob("*.bin")]:
        tensors |= load_file(file) if file.suffix == ".safetensors" else torch.load(file, weights_only=True)
        file.unlink()
    for file in folder.glob("*.index.json"):
        file.unlink()
    tensors = {name: tensor.clone().contiguous() for name, tensor in tensors.items()}
    name = pick(sorted(tensors))
    change = pick(["gamma", "twice", "bare and with a prefix", "type", "missing", "more", "quantized", "float64"])
    if change == "gamma":
        tensors = {n.replace("LayerNorm.weight", "LayerNorm.gamma"): t for n, t in tensors.items()}
    elif change == "twice" and name.endswith("LayerNorm.weight"):
        tensors[name.replace("weight", "gamma")] = tensors[name] + 1
    elif change == "bare and with a prefix":
        tensors[pick(["bert.", "roberta.", "mpnet.", "distilbert.", "module."]) + name] = tensors[name] + 1
    elif change == "type" and tensors[name].is_floating_point():
        tensors[name] = tensors[name].bfloat16()
    elif change == "missing":
        del tensors[name]
    elif change == "more":
        tensors[name.replace(".layer.1.", ".layer.7.") + pick(["", "_g", ".SCB"])] = torch.ones(3)
        change = [change, name] if name in tensors and tensors[name].shape != (3,) else ["wrong shape", name]
    elif change == "quantized":
        tensors[name] = (tensors[name].float() * 10).to(pick([torch.int8, torch.uint8, torch.bool]))
    elif change == "float64":
        tensors = {n: t.double() if t.is_floating_point() else t for n, t in tensors.items()}
    if chance.random() < 0.5:
        save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    else:
        torch.save(tensors, folder / "pytorch_model.bin")
    return [change, name]


def embed(folder):
    torch.manual_seed(0)
    model = SentenceTransformer(str(folder), device="cpu")
    return {
        "query": model.encode_query(TEXTS).tolist(),
        "document": model.encode_document(TEXTS).tolist(),
        "plain": model.encode(TEXTS).tolist(),
    }


for number in range(count):
    model = pick(MODELS)
    folder = Path(shutil.copytree(FIXTURES / model, target / f"{number}"))
    # Half precision is computed in float32 there.
    edit(folder / "config.json", {"dtype": "float32"})
    vary = pick([config_json, config_json, sentence_bert, sentence_bert, sentence_bert, pooling, model_config, modules, weights])
    change = f"{model} {vary.__name__} {vary(folder)}"
    try:
        embeddings = embed(folder)
    except Exception:  # whatever it is, Python gives no embedding
        embeddings = None
    print(json.dumps({"folder": str(folder), "change": change, "texts": TEXTS, "embeddings": embeddings}), flush=True)
