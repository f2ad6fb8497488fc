"""Training of cross-encoders as PyTorch computes it (test/gold/training/cross-encoders.json.gz).

Purpose: `losses` has, for tiny cross-encoders and each loss, its value for a few rows and its gradients by all parameters,
head included. `heads` has what transformers draws for the weights of a new head, and `dropout` how many numbers go through
dropout at each place of a model with its head; `list-net.json` has ListNet of given scores, of lists of many lengths; `saved` what sentence-transformers saves of an encoder with a new head.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt; losses in float64 and without
dropout, since the tests ask how far float32 is off.
Limits: needs the folders that models.py and cross-encoders.py wrote; gradients are written as in family-gradients.py.
Usage: python tools/gold/cross-encoder-training.py
"""

import gzip
import importlib
import json
import logging
import tempfile
from pathlib import Path

import dropout
import numpy as np
import torch
import transformers
from models import FIXTURES as MODELS
from models import ROOT, SENTENCES, VERSIONS
from safetensors import safe_open
from sentence_transformers import CrossEncoder
from sentence_transformers.cross_encoder import losses as L

family = importlib.import_module("family-gradients")
heads = importlib.import_module("cross-encoders")
initial = importlib.import_module("initial")

family.FIXTURES = heads.FIXTURES  # where it looks for the names of weights
GOLD = ROOT / "test/gold/training/cross-encoders.json.gz"
ROWS = 5
# PyTorch's own float32 may be near the truth by luck, where that of another order of adding is not. So it is the furthest of
# several orders of the rows, and of what each weight's change by up to half a unit of float32's last place makes.
ORDERS = [np.random.default_rng(seed).permutation(ROWS).tolist() for seed in range(8)]
CHANGES = range(8)
TEXTS = [text for text in SENTENCES if text.strip()]
CASES = [  # folder, loss here, options here, class, options of the class, columns of texts, label
    ("bert-1", "binaryCrossEntropy", {}, L.BinaryCrossEntropyLoss, {}, 2, "label"),
    ("bert-1", "binaryCrossEntropy", {"posWeight": 3, "activationFn": "tanh"}, L.BinaryCrossEntropyLoss,
     {"pos_weight": torch.tensor(3.0), "activation_fn": torch.nn.Tanh()}, 2, "label"),
    ("bert-1", "mse", {}, L.MSELoss, {}, 2, "score"),
    ("bert-1", "mse", {"activationFn": "sigmoid"}, L.MSELoss, {"activation_fn": torch.nn.Sigmoid()}, 2, "score"),
    ("bert-1", "marginMse", {}, L.MarginMSELoss, {}, 3, "margin"),
    ("bert-1", "marginMse", {"activationFn": "sigmoid"}, L.MarginMSELoss, {"activation_fn": torch.nn.Sigmoid()}, 5, "margin"),
    ("bert-1", "multipleNegativesRanking", {"numNegatives": None}, L.MultipleNegativesRankingLoss,
     {"num_negatives": None}, 2, None),
    ("bert-1", "multipleNegativesRanking", {"numNegatives": None, "scale": 2, "activationFn": "identity"},
     L.MultipleNegativesRankingLoss, {"num_negatives": None, "scale": 2, "activation_fn": torch.nn.Identity()}, 4, None),
    ("bert-1", "listNet", {}, L.ListNetLoss, {}, 4, "scores"),
    ("bert-3", "crossEntropy", {}, L.CrossEntropyLoss, {}, 2, "class"),
    ("roberta-3", "crossEntropy", {"activationFn": "tanh"}, L.CrossEntropyLoss, {"activation_fn": torch.nn.Tanh()}, 2, "class"),
    ("roberta-1", "marginMse", {}, L.MarginMSELoss, {}, 3, "margin"),
    ("modernbert-native-1", "multipleNegativesRanking", {"numNegatives": None}, L.MultipleNegativesRankingLoss,
     {"num_negatives": None}, 3, None),
    *((f"{name}-1", "binaryCrossEntropy", {}, L.BinaryCrossEntropyLoss, {}, 2, "label")
      for name in heads.HEADS if name != "bert"),
]  # fmt: skip
SAVED = [("bert", 1), ("bert", 3), ("roberta", 1), ("modernbert-native", 1)]
RATIOS = ("classifier_dropout", "classifier_dropout_prob", "cls_dropout", "pooler_dropout", "seq_classif_dropout",
          *dropout.RATIOS)  # fmt: skip


def labels(kind, columns, generator):
    if kind is None:
        return None
    if kind == "class":
        return torch.randint(0, 3, (ROWS,), generator=generator)
    if kind == "label":
        return torch.tensor([1.0, 0.0, 0.25, 1.0, 0.0])
    size = {"score": (), "margin": (columns - 2,), "scores": (columns - 1,)}[kind]
    return torch.randn((ROWS, *size), generator=generator).round(decimals=2)


def rows_of(columns):
    """Long and short texts, none of them twice in a row."""
    return [[TEXTS[(3 * row + 5 * column) % len(TEXTS)] for row in range(ROWS)] for column in range(columns)]


def changed(model, seed):
    """Changes weights at random; what it returns takes that back."""
    generator, kept = torch.Generator().manual_seed(seed), [p.detach().clone() for p in model.parameters()]
    with torch.no_grad():
        for p in model.parameters():
            p.mul_(1 + 2.0**-24 * (2 * torch.rand(p.shape, generator=generator, dtype=p.dtype) - 1))

    def undo():
        with torch.no_grad():
            for p, values in zip(model.parameters(), kept, strict=True):
                p.copy_(values)

    return undo


def gradients_of(case, dtype, seed=None, order=range(ROWS)):
    folder, _, _, kind, options, columns, label = case
    model = CrossEncoder(str(heads.FIXTURES / folder), device="cpu").to(dtype).eval()
    for module in model.modules():
        if isinstance(module, torch.nn.Embedding):
            module.padding_idx = None
    undo = (lambda: None) if seed is None else changed(model, seed)
    wanted = labels(label, columns, torch.Generator().manual_seed(columns))
    if wanted is not None:
        wanted = wanted[list(order)]
    texts = [[column[row] for row in order] for column in rows_of(columns)]
    if kind is L.ListNetLoss:
        given, target = [texts[0], [list(documents) for documents in zip(*texts[1:])]], list(wanted)
    else:
        given, target = texts, wanted
    # The losses ask for float32, and make tensors of the default type.
    torch.Tensor.float, kept = (lambda self: self.to(dtype)), torch.Tensor.float
    torch.set_default_dtype(dtype)
    try:
        value = kind(model, **options)(given, target)
    finally:
        torch.Tensor.float = kept
        torch.set_default_dtype(torch.float32)
    value.backward()
    undo()
    return value.item(), family.by_stored_name(folder, model[0].model), wanted


def loss_of(case, known):
    """@param known float32Error of earlier runs: other processors' stay where they are larger."""
    folder, name, options, _, _, columns, label = case
    value, exact, wanted = gradients_of(case, torch.float64)
    runs = [gradients_of(case, torch.float32, order=order)[1] for order in ORDERS]
    runs += [gradients_of(case, torch.float64, seed)[1] for seed in CHANGES]
    gradients = {}
    for key, gradient in exact.items():
        values, kind = gradient.numpy().ravel(), "whole" if gradient.numel() <= family.WHOLE else "sums"
        each = (values, *(run[key].double().numpy().ravel() for run in runs))
        kept, *others = (v if kind == "whole" else family.sums(v) for v in each)
        norm = float(f"{np.linalg.norm(values):.6g}")
        error = max(np.abs(np.subtract(kept, other)).max() for other in others) / max(norm, 1e-30)
        error = max(float(f"{error:.2g}"), known.get(key, 0))
        gradients[key] = {"norm": norm, "float32Error": error, kind: family.base64_of(kept)}
    return {"folder": folder, "name": name, "options": options, "columns": rows_of(columns), "value": value,
            "labels": None if wanted is None else wanted.tolist(), "gradients": gradients}  # fmt: skip


def config_of(folder, **changes):
    return transformers.AutoConfig.from_pretrained(folder, dtype="float32", **changes)


def drawn(name):
    """The head of a new model: what the encoder has not."""
    config = config_of(MODELS / name, num_labels=1)
    encoder = {f"{heads.HEADS[name].base_model_prefix}.{key}" for key, _ in
               transformers.AutoModel.from_config(config).named_parameters()}  # fmt: skip
    models = []
    for seed in range(initial.SEEDS):
        torch.manual_seed(seed)
        models.append(dict(heads.HEADS[name](config).named_parameters()))
    kept = [key for key in models[0] if key not in encoder or "pooler" in key]
    return {key: {"shape": list(models[0][key].shape), **initial.described(torch.stack([m[key].detach() for m in models]))}
            for key in kept}  # fmt: skip


def dropped(name):
    return dropout.dropped(heads.HEADS[name](dropout.with_dropout(config_of(heads.FIXTURES / f"{name}-1"), RATIOS)))


def saved(name, labels):
    """What is saved of an encoder with a new head, without what only transformers' own classes know."""
    with tempfile.TemporaryDirectory() as temporary:
        CrossEncoder(str(MODELS / name), num_labels=labels, device="cpu").save_pretrained(temporary)
        read = lambda file: json.loads((Path(temporary) / file).read_text("utf-8"))  # noqa: E731
        config, own = read("config.json"), read("config_sentence_transformers.json")
        own.pop("__version__")
        with safe_open(Path(temporary) / "model.safetensors", "pt") as tensors:
            weights = {key: list(tensors.get_slice(key).get_shape()) for key in sorted(tensors.keys())}
        return {"name": name, "labels": labels, "weights": weights, "config_sentence_transformers.json": own,
                "sentence_bert_config.json": read("sentence_bert_config.json"),
                "config.json": {key: config[key] for key in ("architectures", "id2label", "label2id")}}  # fmt: skip


class Given(torch.nn.Module):
    """A model whose scores are given."""

    num_labels, device = 1, "cpu"

    def __init__(self, scores):
        super().__init__()
        self.scores = scores

    def preprocess(self, pairs, **_):
        return {}

    def forward(self, _):
        return {"scores": self.scores}


def lists():
    generator = torch.Generator().manual_seed(3)
    sizes = [3, 1, 5, 2, 4]
    scores = torch.randn((sum(sizes),), generator=generator).requires_grad_()  # float32, as the loss has it
    labels = [torch.randint(0, 3, (size,), generator=generator).float() for size in sizes]
    docs = [[""] * size for size in sizes]
    loss = L.ListNetLoss(Given(scores), mini_batch_size=-1)
    value = loss([[""] * len(sizes), docs], labels)
    (gradients,) = torch.autograd.grad(value, scores)
    split = lambda numbers: [part.tolist() for part in numbers.detach().split(sizes)]  # noqa: E731
    return {"scores": split(scores), "labels": [each.tolist() for each in labels], "value": value.item(), "gradients": split(gradients)}


def main():
    (ROOT / "test/gold/training/list-net.json").write_text(json.dumps(lists()) + "\n")
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    before = json.loads(gzip.decompress(GOLD.read_bytes()))["losses"] if GOLD.exists() else []
    losses = []
    for at, case in enumerate(CASES):
        same = at < len(before) and [before[at][key] for key in ("folder", "name", "options")] == list(case[:3])
        known = before[at]["gradients"] if same else {}
        losses.append(loss_of(case, {key: each["float32Error"] for key, each in known.items()}))
        print(f"{case[0]} {case[1]}: {losses[-1]['value']:.6f}, {len(losses[-1]['gradients'])} gradients")
    gold = {"versions": VERSIONS, "masks": family.MASKS, "losses": losses, "batch": dropout.BATCH, "sequence": dropout.SEQUENCE,
            "saved": [saved(*case) for case in SAVED],
            "heads": {name: drawn(name) for name in heads.HEADS}, "dropout": {name: dropped(name) for name in heads.HEADS}}  # fmt: skip
    GOLD.write_bytes(gzip.compress(json.dumps(gold, separators=(",", ":")).encode(), 9, mtime=0))
    print(f"{GOLD.stat().st_size} bytes")


if __name__ == "__main__":
    main()
