"""Where transformers drops numbers in training (test/gold/training/dropout.json): how many at each place of a tiny model.

Purpose: for each folder of test/fixtures/models that transformers knows, the sizes of all that goes through dropout while
two texts of SEQUENCE tokens are trained on, with every ratio of its config above 0.
Source: transformers and torch in the versions of requirements.txt; attention in its `eager` form, which shows its weights.
Limits: needs the folders that models.py and families-*.py wrote. Usage: python tools/gold/dropout.py
"""

import importlib
import json
import logging

import torch
import transformers
from models import FIXTURES, VERSIONS

rotary = importlib.import_module("families-rotary")

GOLD = FIXTURES.parents[1] / "gold/training/dropout.json"
BATCH, SEQUENCE = 2, 7
FOLDERS = ["bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "camembert", "electra", "albert", "albert-groups", "t5",
           "mt5", "umt5", "deberta-v2", "deberta-v2-own-keys", "nomic-hub", "nomic-native", "modernbert-hub",
           "modernbert-native", "gte-native", "gte-new", "qwen2", "qwen3-embedding", "llama", "mistral", "embeddinggemma",
           "eurobert"]  # fmt: skip
ENCODERS = {"t5": "T5EncoderModel", "mt5": "MT5EncoderModel", "umt5": "UMT5EncoderModel"}
RATIOS = ("dropout", "dropout_rate", "attention_dropout", "hidden_dropout", "embedding_dropout", "mlp_dropout",
          "hidden_dropout_prob", "attention_probs_dropout_prob", "resid_pdrop", "embd_pdrop", "attn_pdrop")  # fmt: skip


def with_dropout(config, ratios=RATIOS):
    for ratio in ratios:
        if hasattr(config, ratio):
            setattr(config, ratio, 0.25)
    config._attn_implementation = "eager"
    return config


def dropped(model):
    sizes, drop = [], torch.nn.functional.dropout

    def recording(x, p=0.5, training=True, inplace=False):
        if training and p > 0:
            sizes.append(x.numel())
        return drop(x, p, training, inplace)

    torch.nn.functional.dropout = recording
    try:
        ids = torch.arange(BATCH * SEQUENCE).view(BATCH, SEQUENCE) + 5
        model.train()(input_ids=ids, attention_mask=torch.ones_like(ids))
    finally:
        torch.nn.functional.dropout = drop
    return sorted(sizes)


def sizes_of(name):
    keys = rotary.PYTHON.get(name) or json.loads((FIXTURES / name / "config.json").read_text())
    keys = {key: value for key, value in keys.items() if key not in ("auto_map", "architectures")}
    config = with_dropout(transformers.AutoConfig.for_model(**keys))
    encoder = ENCODERS.get(config.model_type)
    return dropped(getattr(transformers, encoder)(config) if encoder else transformers.AutoModel.from_config(config))


def main():
    logging.disable(logging.CRITICAL)
    gold = {"versions": VERSIONS, "batch": BATCH, "sequence": SEQUENCE, "sizes": {name: sizes_of(name) for name in FOLDERS}}
    GOLD.write_text(json.dumps(gold, separators=(",", ":")).replace('],"', '],\n"') + "\n")
    for name, sizes in gold["sizes"].items():
        print(name, sizes)


if __name__ == "__main__":
    main()
