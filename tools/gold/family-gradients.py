"""Gradients of whole tiny models by all parameters, as PyTorch computes them: the families beside those of gradients.py.

Purpose: test/gold/autodiff/families.json.gz holds, for each folder, a loss and its gradients: the mean squared error of
what all modules make of five texts of very different length to random targets, without dropout.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt, in float64 on the CPU; for
JinaBERT jina_bert.py. Weights have the names of the folder's checkpoint, those that it holds side by side in one too.
Limits: needs the folders that families-*.py wrote. Of a gradient of more than WHOLE numbers there are
only sums, each with other signs: see `sums`. Beside each stands how far PyTorch's own float32 is off. Usage: python tools/gold/family-gradients.py
"""

import base64
import gzip
import importlib
import json
import logging
import tempfile

import numpy as np
import torch
import transformers
from jina_bert import JinaBert
from models import FIXTURES, SENTENCES, VERSIONS, load
from safetensors.torch import load_file

rotary = importlib.import_module("families-rotary")

GOLD = FIXTURES.parents[1] / "gold/autodiff/families.json.gz"
TEXTS = [SENTENCES[index] for index in (16, 5, 12, 4, 0)]
WHOLE = 48
MASKS = [0, *(1 << bit for bit in range(12)), 0b010101010101, 0b001100110011, 0b111111111111]
FOLDERS = ["camembert", "electra", "albert", "albert-groups", "t5", "mt5", "umt5", "jina-bert", "jina-bert-code",
           "deberta-v2", "deberta-v2-own-keys", "nomic-hub", "nomic-native", "modernbert-hub", "modernbert-native",
           "gte-native", "gte-new", "gte-new-multilingual", "qwen2", "qwen3-embedding", "qwen3-plain", "llama",
           "mistral", "embeddinggemma", "eurobert"]  # fmt: skip


class Jina(torch.nn.Module):
    """The folder's transformer and mean pooling."""

    def __init__(self, folder):
        super().__init__()
        config = json.loads((folder / "config.json").read_text())
        sizes = [config[key] for key in ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads",
                                         "intermediate_size")]  # fmt: skip
        self.model = JinaBert(*sizes, torch.nn.functional.gelu, code="code" in folder.name)
        self.model.load_state_dict(load_file(folder / "model.safetensors"))
        self.tokenizer = transformers.AutoTokenizer.from_pretrained(folder, config=transformers.BertConfig())

    def preprocess(self, texts):
        return self.tokenizer(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")

    def forward(self, features):
        mask = features["attention_mask"]
        tokens = self.model(features["input_ids"], mask)
        return {"sentence_embedding": (tokens * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)}


def python_model(name):
    if name.startswith("jina-bert"):
        return Jina(FIXTURES / name)
    with tempfile.TemporaryDirectory() as temporary:
        other = {"config.json": rotary.PYTHON[name]} if name in rotary.PYTHON else {}
        return load(FIXTURES / name, other, temporary)


def by_stored_name(name, model):
    """The gradient of each weight of the folder's checkpoints that has one, found by its values."""
    parameters = [p for p in dict(model.named_parameters()).values() if p.grad is not None]

    def gradient_of(stored):
        rows, found = 0, []
        while rows < len(stored):
            part = next((p for p in parameters if p.shape[1:] == stored.shape[1:] and rows + len(p) <= len(stored)
                         and torch.equal(p, stored[rows : rows + len(p)])), None)  # fmt: skip
            if part is None:
                return None
            found.append(part.grad)
            rows += len(part)
        return torch.cat(found)

    result = {}
    for file in sorted((FIXTURES / name).rglob("model.safetensors")):
        folder = file.parent.relative_to(FIXTURES / name).as_posix()
        for key, stored in sorted(load_file(file).items()):
            gradient = gradient_of(stored.to(parameters[0].dtype))
            if gradient is not None:
                result[key if folder == "." else f"{folder}/{key}"] = gradient
    assert sum(map(torch.numel, result.values())) == sum(map(torch.numel, parameters)), name
    return result


def sums(values):
    """For each mask the sum over all numbers of (-1) ** popcount(index & mask) * number."""
    index = np.arange(values.size)
    return [float(np.where(np.bitwise_count(index & mask) % 2, -values, values).sum()) for mask in MASKS]


def base64_of(values):
    return base64.b64encode(np.asarray(values, dtype="<f4").tobytes()).decode()


def gradients_of(name, seed, dtype):
    model = python_model(name).to(dtype).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None  # else the row that config.json calls padding has no gradient, even of a token
    features = model.preprocess(TEXTS)
    embeddings = model(features)["sentence_embedding"]
    targets = np.random.default_rng(seed).uniform(-1, 1, embeddings.shape).round(3)
    loss = torch.nn.functional.mse_loss(embeddings, torch.from_numpy(targets).to(dtype))
    loss.backward()
    return by_stored_name(name, model), model, features, targets, loss.item()


def gold_of(name, seed):
    exact, model, features, targets, loss = gradients_of(name, seed, torch.float64)
    single = gradients_of(name, seed, torch.float32)[0]
    gradients = {}
    for key, gradient in exact.items():
        values, kind = gradient.numpy().ravel(), "whole" if gradient.numel() <= WHOLE else "sums"
        kept, other = (v if kind == "whole" else sums(v) for v in (values, single[key].double().numpy().ravel()))
        norm = float(f"{np.linalg.norm(values):.6g}")
        error = np.abs(np.subtract(kept, other)).max() / norm
        gradients[key] = {"norm": norm, "float32Error": float(f"{error:.2g}"), kind: base64_of(kept)}
    pairs = zip(features["input_ids"], features["attention_mask"], strict=True)
    return {"model": name, "ids": [row[mask.bool()].tolist() for row, mask in pairs], "padId": model.tokenizer.pad_token_id,
            "targets": targets.tolist(), "loss": loss, "gradients": gradients}  # fmt: skip


def main():
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    models = []
    for seed, name in enumerate(FOLDERS):
        models.append(gold_of(name, seed))
        print(f"{name}: loss {models[-1]['loss']:.6f}, {len(models[-1]['gradients'])} gradients")
    gold = {"versions": VERSIONS, "texts": TEXTS, "masks": MASKS, "models": models}
    GOLD.write_bytes(gzip.compress(json.dumps(gold, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{GOLD.stat().st_size} bytes")


if __name__ == "__main__":
    main()
