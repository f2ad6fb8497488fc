"""What sentence-transformers saves of the tiny models.

Writes test/gold/saved.json: for each folder that models.py writes the JSON files and the weights' names and shapes
that `SentenceTransformer.save` writes, without what only transformers' own config and tokenizer classes know; and
`layers`, the embeddings of some texts by the second and the first layer of the transformer in this order.

The weights are what `hpd` saves too. The JSON files are not: `hpd` writes older keys for older versions, which mean the
same (docs/decisions/2026-11-25-saved-format.md).

Source: sentence-transformers 6.2 in the versions of requirements.txt, float32 on the CPU.
"""

import json
import logging
import tempfile
import warnings
from pathlib import Path

import torch
import transformers
from models import FIXTURES, FLOAT32, ROOT, SENTENCES, VERSIONS, rounded
from safetensors import safe_open
from sentence_transformers import SentenceTransformer

GOLD = ROOT / "test/gold/saved.json"
MODELS = ["bert", "bert-plain", "distilbert", "hpd-tinybert-like", "mpnet", "roberta", "xlm-roberta"]


def saved_by_python(folder):
    with tempfile.TemporaryDirectory() as temporary:
        SentenceTransformer(str(folder), device="cpu", **FLOAT32).save(temporary, create_model_card=False)
        configs, weights = {}, {}
        for file in sorted(Path(temporary).rglob("*")):
            path = file.relative_to(temporary).as_posix()
            if file.suffix == ".safetensors":
                with safe_open(file, "pt") as tensors:
                    weights[path] = {name: list(tensors.get_slice(name).get_shape()) for name in sorted(tensors.keys())}
            elif file.suffix == ".json" and path not in ("config.json", "tokenizer.json", "tokenizer_config.json"):
                configs[path] = json.loads(file.read_text(encoding="utf-8"))
    configs["config_sentence_transformers.json"].pop("__version__")
    return {"configs": configs, "weights": weights, "layers": embeddings_of_layers(folder, [1, 0])}


def embeddings_of_layers(folder, layers):
    model = SentenceTransformer(str(folder), device="cpu", **FLOAT32)
    transformer = model[0].model
    stack = transformer.transformer if hasattr(transformer, "transformer") else transformer.encoder
    stack.layer = torch.nn.ModuleList([stack.layer[layer] for layer in layers])
    return rounded(model.encode(SENTENCES[:5]))


def main():
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    models = {name: saved_by_python(FIXTURES / name) for name in MODELS}
    GOLD.write_text(json.dumps({"versions": VERSIONS, "models": models}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
