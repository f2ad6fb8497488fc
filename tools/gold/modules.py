"""Tiny models whose first module is no Transformer, or a Router, and what sentence-transformers says of them.

Purpose: StaticEmbedding in its two forms, model2vec's options of it, and Router (Asym) have one reference of Python's.
Source: sentence-transformers in the version of requirements.txt, float32 on the CPU. Usage, format: README.md, models.py.
Run after models.py, whose `bert` is the documents' encoder of the Router.
"""

import json
import shutil
import warnings

import numpy as np
import safetensors.torch
import tokenizers
import torch
from models import FIXTURES, FLOAT32, SENTENCES, VERSIONS, rounded, wordpiece, write_json
from models import GOLD
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Normalize, Router
from sentence_transformers.sentence_transformer.modules import Pooling, StaticEmbedding, Transformer


def tokenizer_of(truncation=None):
    tokenizer, vocabulary, _, special = wordpiece("bert")
    tokenizer.add_special_tokens([tokenizers.AddedToken(t, special=True, normalized=False) for t in special.values()])
    tokenizer.enable_padding(direction="left")  # which StaticEmbedding switches off
    if truncation:
        tokenizer.enable_truncation(truncation)
    return tokenizer, len(vocabulary)


def table(rows, width, seed):
    return torch.from_numpy(np.random.default_rng(seed).standard_normal((rows, width)).astype(np.float32))


def model2vec_folder(name, tensors, truncation=None, normalize=True):
    """As model2vec 0.10 writes it: modules.json names a folder that isn't there."""
    folder = FIXTURES / name
    folder.mkdir(parents=True)
    tokenizer, _ = tokenizer_of(truncation)
    tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    safetensors.torch.save_file(tensors, folder / "model.safetensors")
    write_json(folder / "config.json", {"model_type": "model2vec", "architectures": ["StaticModel"],
               "normalize": normalize, "max_length": 512, "embedding_dtype": str(tensors["embeddings"].dtype)[6:]})  # fmt: skip
    kinds = [("StaticEmbedding", "."), ("Normalize", "1_Normalize")][: 1 + normalize]
    write_json(folder / "modules.json", [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(kinds)])  # fmt: skip


def make():
    for name in ("static", "model2vec", "model2vec-quantized", "static-dense", "router"):
        shutil.rmtree(FIXTURES / name, ignore_errors=True)
    tokenizer, rows = tokenizer_of()
    static = StaticEmbedding(tokenizer, embedding_weights=table(rows, 16, 31))
    SentenceTransformer(modules=[static], device="cpu", prompts={"query": "what is ", "document": ""}).save(
        str(FIXTURES / "static"), create_model_card=False)  # fmt: skip
    model2vec_folder("model2vec", {"embeddings": table(rows, 16, 32)}, truncation=12)
    random = np.random.default_rng(33)
    model2vec_folder("model2vec-quantized", {
        "embeddings": table(24, 16, 34).half(),
        "mapping": torch.from_numpy(random.integers(0, 24, rows)),
        "weights": torch.from_numpy(random.uniform(0, 2, rows).astype(np.float32)),
    })  # fmt: skip
    small = StaticEmbedding(tokenizer_of()[0], embedding_weights=table(rows, 8, 35))
    dense = Dense(8, 16, activation_function=torch.nn.Tanh())
    for i, parameter in enumerate(dense.parameters()):
        parameter.data = table(1, parameter.numel(), 36 + i).reshape(parameter.shape) / 2
    SentenceTransformer(modules=[small, dense], device="cpu").save(
        str(FIXTURES / "static-dense"), create_model_card=False)  # fmt: skip
    documents = Transformer(str(FIXTURES / "bert"), model_kwargs=FLOAT32["model_kwargs"], max_seq_length=48)
    router = Router.for_query_document([static], [documents, Pooling(16, "mean")])
    SentenceTransformer(modules=[router, Normalize()], device="cpu", prompts={"query": "", "document": "the "}).save(
        str(FIXTURES / "router"), create_model_card=False)  # fmt: skip


def case(name, folder, gold_case):
    """One result of Python: embeddings, or the error that it raises."""
    files, method, options = (gold_case.get(key) for key in ("files", "method", "options"))
    texts = [SENTENCES[i] for i in gold_case.get("sentences", range(len(SENTENCES)))]
    temporary = FIXTURES.parent / "temporary-model"
    shutil.copytree(folder, temporary)
    try:
        for path, content in (files or {}).items():
            (temporary / path).unlink() if content is None else write_json(temporary / path, content)
        model = SentenceTransformer(str(temporary), device="cpu")
        with torch.no_grad():
            if gold_case.get("tokens"):
                matrices = model.encode(texts, output_value="token_embeddings")
                gold_case = {key: value for key, value in gold_case.items() if key != "tokens"}
                return {"name": name, **gold_case, "tokenEmbeddings": [rounded(m.numpy()) for m in matrices]}
            result = getattr(model, method or "encode")(texts, **(options or {}))
        return {"name": name, **gold_case, "embeddings": rounded(np.asarray(result, dtype=np.float32))}
    except Exception as error:
        message = str(error).replace(str(temporary), "MODEL")
        return {"name": name, **gold_case, "raises": f"{type(error).__name__}: {message[:200]}"}
    finally:
        shutil.rmtree(temporary)


def write(name, cases):
    gold = {"versions": VERSIONS, "model": name, "sentences": SENTENCES,
            "cases": [case(label, FIXTURES / name, settings) for label, settings in cases.items()]}  # fmt: skip
    (GOLD / f"{name}.json").write_text(json.dumps(gold, ensure_ascii=False) + "\n", encoding="utf-8")
    for entry in gold["cases"]:
        print(name, "|", entry["name"], "|", entry.get("raises", "embeddings"))


def make_gold():
    config = json.loads((FIXTURES / "router/router_config.json").read_text())

    def routed(**parameters):
        return {"router_config.json": {**config, "parameters": {**config["parameters"], **parameters}}}

    queries, documents = {"method": "encode_query"}, {"method": "encode_document"}
    write("static", {"as it lies": {}, "query": queries, "document": documents,
                     "normalized, truncated": {"options": {"normalize_embeddings": True, "truncate_dim": 4}},
                     "binary": {"options": {"precision": "binary"}}})  # fmt: skip
    write("model2vec", {"cut at 12 tokens": {}, "query": queries})
    write("model2vec-quantized", {"mapping and weights": {}})
    write("static-dense", {"as it lies": {}})
    asym = {"router_config.json": None, "config.json": {**config, "parameters": {"allow_empty_key": True}}}
    write("router", {
        "default": {}, "query": queries, "document": documents, "task": {"options": {"task": "query"}},
        "no default": {"files": routed(default_route=None, allow_empty_key=False)},
        "no default, query": {"files": routed(default_route=None, allow_empty_key=False), **queries},
        "first route": {"files": routed(default_route=None)},
        "unknown task": {"options": {"task": "image"}},
        "mapped": {"files": routed(route_mappings={"('query', 'text')": "document", "(None, None)": "query"}), **queries},
        "mapped, none": {"files": routed(route_mappings={"('query', 'text')": "document", "(None, None)": "query"})},
        "mapped by modality": {"files": routed(route_mappings={"(None, 'text')": "query", "(None, ('image', 'text'))": "document"})},
        "mapping to no route": {"files": routed(route_mappings={"(None, 'text')": "other"})},
        "default is no route": {"files": routed(default_route="other")},
        "unknown parameter": {"files": routed(other=1)},
        "config of an Asym": {"files": asym, **documents},
    })  # fmt: skip


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    make()
    make_gold()
