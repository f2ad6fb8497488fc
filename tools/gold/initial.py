"""What transformers draws for the weights of a new model (test/gold/training/initial.json).

Purpose: for each config of test/fixtures/models whose weights hpd can draw, by parameter: its shape, and the number that
fills it, or the deviation of its numbers, how many deviations the farthest is away, and which rows are zero.
Source: transformers and torch in the versions of requirements.txt; SEEDS models each, since the models are tiny.
Limits: needs the folders that models.py and families-*.py wrote. Usage: python tools/gold/initial.py
"""

import json
import logging

import torch
import transformers
from models import FIXTURES, VERSIONS

GOLD = FIXTURES.parents[1] / "gold/training/initial.json"
SEEDS = 50
ENCODERS = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel"}
FOLDERS = ["bert", "roberta", "xlm-roberta", "camembert", "distilbert", "mpnet", "electra", "albert", "albert-groups",
           "deberta-v2", "deberta-v2-own-keys", "nomic-native", "modernbert-hub", "modernbert-native", "gte-native",
           "qwen2", "qwen3-embedding", "qwen3-plain", "llama", "mistral", "embeddinggemma",
           "t5", "mt5", "umt5"]  # fmt: skip


def described(values):
    """Of one parameter in all models: [models, ...]."""
    if values.std() == 0:
        return {"value": values.flatten()[0].item()}
    zero = [row for row in range(values.shape[1]) if not values[:, row].any()]
    drawn = values[:, [row for row in range(values.shape[1]) if row not in zero]]
    deviation = drawn.pow(2).mean().sqrt().item()
    return {"deviation": float(f"{deviation:.4g}"), "farthest": round(drawn.abs().max().item() / deviation, 2), "zero": zero}


def initial(name):
    keys = json.loads((FIXTURES / name / "config.json").read_text())
    others = ("architectures", "dtype", "torch_dtype")
    config = transformers.AutoConfig.for_model(**{key: value for key, value in keys.items() if key not in others})
    encoder = ENCODERS.get(config.model_type)
    make = getattr(transformers, encoder) if encoder else transformers.AutoModel.from_config
    models = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        models.append(dict(make(config).named_parameters()))
    return {key: {"shape": list(value.shape), **described(torch.stack([model[key].detach() for model in models]))}
            for key, value in models[0].items()}  # fmt: skip


def main():
    logging.disable(logging.CRITICAL)
    gold = {"versions": VERSIONS, "models": {name: initial(name) for name in FOLDERS}}
    GOLD.write_text(json.dumps(gold, separators=(",", ":")).replace("},", "},\n") + "\n")


if __name__ == "__main__":
    main()
