"""Models with PEFT's low-rank adapters (test/gold/training/lora.json.gz): embeddings, losses and gradients by the adapters.

Purpose: for tiny models, targets and scales: the adapters' matrices, random so that both have gradients, the embeddings of a
few sentences, and of the mean squared error to random targets its value and its gradients by all that is trained.
Source: peft, `LoraConfig` by `SentenceTransformer.add_adapter`; torch on the CPU in float64, since the
tests ask how far float32 is off. Limits: needs the
folders that models.py wrote, and `peft` and `accelerate` beside requirements.txt. Format: README.md beside this file.
"""

import base64
import gzip
import json
from pathlib import Path

import numpy as np
import peft
import torch
from peft import LoraConfig
from sentence_transformers import SentenceTransformer

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = ["hello", "A man is playing a large flute.", "don't you think it's a well-known idea?", "two dogs", "1 + 2 = 3"]
# Without targets PEFT takes those that it knows for the kind of model.
CASES = [
    {"model": "bert", "rank": 4, "alpha": 6, "useRslora": False, "targetModules": None},
    {"model": "bert", "rank": 3, "alpha": 8, "useRslora": True, "targetModules": "all-linear"},
    {"model": "deberta-v2", "rank": 2, "alpha": 8, "useRslora": False, "targetModules": None},
    {"model": "roberta", "rank": 2, "alpha": 8, "useRslora": False, "targetModules": None},
    {"model": "mpnet", "rank": 4, "alpha": 6, "useRslora": False, "targetModules": ["q", "v"]},
    {"model": "modernbert-hub", "rank": 8, "alpha": 16, "useRslora": False, "targetModules": ["Wqkv", "Wo"]},
]


def base64_of(tensor):
    return base64.b64encode(tensor.detach().float().numpy().astype("<f4").tobytes()).decode()


def case(options, seed):
    torch.manual_seed(seed)
    model = SentenceTransformer(str(ROOT / "test/fixtures/models" / options["model"]), device="cpu").double().eval()
    model.add_adapter(LoraConfig(r=options["rank"], lora_alpha=options["alpha"], use_rslora=options["useRslora"],
                                 target_modules=options["targetModules"]))  # fmt: skip
    model.double().eval()
    adapters = {
        name.removesuffix(".weight").replace(".default", "") + ".weight": parameter
        for name, parameter in model[0].auto_model.named_parameters()
        if ".lora_" in name
    }
    # A linear layer that no embedding depends on, the pooler's.
    adapters = {name: parameter for name, parameter in adapters.items() if not name.startswith("pooler.")}
    for name, parameter in adapters.items():
        if ".lora_B" in name:
            assert not parameter.any(), name
        else:
            bound = parameter.shape[1] ** -0.5
            assert 0.5 * bound < parameter.abs().max() <= bound, name
        parameter.data = torch.randn(parameter.shape).mul(0.1).double()
    embeddings = model(model.preprocess(SENTENCES))["sentence_embedding"]
    targets = torch.from_numpy(np.random.default_rng(seed).uniform(-1, 1, embeddings.shape).round(3))
    loss = torch.nn.functional.mse_loss(embeddings, targets)
    loss.backward()
    assert all(p.grad is None for n, p in model[0].named_parameters() if ".lora_" not in n)
    print(options, len(adapters), f"loss {loss.item():.4f}")
    return {**options, "targets": base64_of(targets), "embeddings": base64_of(embeddings), "loss": loss.item(),
            "adapters": {name: {"shape": list(p.shape), "values": base64_of(p), "gradients": base64_of(p.grad)}
                         for name, p in adapters.items()}}  # fmt: skip


if __name__ == "__main__":
    gold = {"versions": {"peft": peft.__version__, "torch": torch.__version__}, "sentences": SENTENCES,
            "cases": [case(options, seed) for seed, options in enumerate(CASES)]}  # fmt: skip
    packed = gzip.compress(json.dumps(gold, separators=(",", ":")).encode(), 9, mtime=0)
    (ROOT / "test/gold/training/lora.json.gz").write_bytes(packed)
