"""Losses of sentence-transformers with their gradients (test/gold/training/pair-losses.json.gz).

Purpose: the value of each loss and its gradients by the embeddings of random columns, and for some of them the gradients by
a few parameters of the folder `bert`, of texts. `guided-losses.json.gz` and `layer-losses.json.gz` beside it have the
losses that take a guide's embeddings and the embeddings of every layer, `classified-losses.json.gz` those with a classifier,
which is given, with its gradients, and what it is after a few steps, `loss-sums.json.gz` weighted sums of losses. Names and options are those of `src/training/losses`.
Source: sentence-transformers in the version of requirements.txt, in float64, since the tests ask how far float32 is off.
Limits: needs the folder `bert` that models.py wrote. Usage: python tools/gold/training-losses.py
"""

import gzip
import json
from unittest.mock import patch

import torch
from gradients import ROOT, base64_of, with_dense
from sentence_transformers import losses as L
from sentence_transformers.sentence_transformer.losses import adaptive_layer, gist_embed, softmax
from sentence_transformers.sentence_transformer.losses.batch_hard_triplet import BatchHardTripletLossDistanceFunction as Batch
from sentence_transformers.sentence_transformer.losses.contrastive import SiameseDistanceMetric as Pair
from sentence_transformers.sentence_transformer.losses.triplet import TripletDistanceMetric as Triplet
from sentence_transformers.util import dot_score, pairwise_cos_sim
from training import SENTENCES, named

ROWS, DIMENSION = 7, 6
SYMMETRIC = {"directions": ("query_to_doc", "doc_to_query"), "partition_mode": "per_direction"}
DIRECTIONS = ("query_to_doc", "query_to_query", "doc_to_query", "doc_to_doc")
CASES = [  # name here, options here, class, options of the class, columns, labels
    ("multipleNegativesRanking", {}, L.MultipleNegativesRankingLoss, {}, 2, None),
    ("multipleNegativesRanking", {"scale": 5}, L.MultipleNegativesRankingLoss, {"scale": 5}, 3, None),
    ("multipleNegativesRanking", {"similarity": "dot", "scale": 1}, L.MultipleNegativesRankingLoss,
     {"similarity_fct": dot_score, "scale": 1}, 5, None),
    ("multipleNegativesRanking", {"symmetric": True}, L.MultipleNegativesRankingLoss, SYMMETRIC, 2, None),
    ("multipleNegativesRanking", {"symmetric": True}, L.MultipleNegativesRankingLoss, SYMMETRIC, 4, None),
    ("cosent", {}, L.CoSENTLoss, {}, 2, "score"),
    ("cosent", {"scale": 3}, L.CoSENTLoss, {"scale": 3}, 2, "score"),
    ("angle", {}, L.AnglELoss, {}, 2, "score"),
    ("cosineSimilarity", None, L.CosineSimilarityLoss, {}, 2, "score"),
    ("contrastive", {}, L.ContrastiveLoss, {}, 2, "label"),
    ("contrastive", {"margin": 1.5}, L.ContrastiveLoss, {"margin": 1.5}, 2, "label"),
    ("contrastive", {"distance": "euclidean", "margin": 4}, L.ContrastiveLoss,
     {"distance_metric": Pair.EUCLIDEAN, "margin": 4}, 2, "label"),
    ("contrastive", {"distance": "manhattan", "margin": 9}, L.ContrastiveLoss,
     {"distance_metric": Pair.MANHATTAN, "margin": 9}, 2, "label"),
    ("triplet", {}, L.TripletLoss, {}, 3, None),
    ("triplet", {"distance": "cosine", "margin": 0.4}, L.TripletLoss,
     {"distance_metric": Triplet.COSINE, "triplet_margin": 0.4}, 3, None),
    ("triplet", {"distance": "manhattan", "margin": 2}, L.TripletLoss,
     {"distance_metric": Triplet.MANHATTAN, "triplet_margin": 2}, 3, None),
    ("marginMse", {}, L.MarginMSELoss, {}, 3, "margin"),
    ("marginMse", {"similarity": "cosine"}, L.MarginMSELoss, {"similarity_fct": pairwise_cos_sim}, 5, "margin"),
    ("distillKl", {}, L.DistillKLDivLoss, {}, 3, "scores"),
    ("distillKl", {"similarity": "cosine", "temperature": 0.4}, L.DistillKLDivLoss,
     {"similarity_fct": pairwise_cos_sim, "temperature": 0.4}, 5, "scores"),
    ("onlineContrastive", {}, L.OnlineContrastiveLoss, {}, 2, "label"),
    ("onlineContrastive", {"distance": "euclidean", "margin": 4}, L.OnlineContrastiveLoss,
     {"distance_metric": Pair.EUCLIDEAN, "margin": 4}, 2, "label"),
    ("onlineContrastive", {"distance": "manhattan", "margin": 9}, L.OnlineContrastiveLoss,
     {"distance_metric": Pair.MANHATTAN, "margin": 9}, 2, "all pairs"),
    ("onlineContrastive", {"margin": 1}, L.OnlineContrastiveLoss, {"margin": 1}, 2, "no pair"),
    *((name, options, kind, arguments, 1, "class")
      for name, kind in [("batchAllTriplet", L.BatchAllTripletLoss), ("batchHardTriplet", L.BatchHardTripletLoss),
                         ("batchSemiHardTriplet", L.BatchSemiHardTripletLoss)]
      for options, arguments in [({}, {}), ({"margin": 0.5}, {"margin": 0.5}),
                                 ({"distance": "cosine", "margin": 0.3}, {"distance_metric": Batch.cosine_distance, "margin": 0.3})]),
    ("batchHardTriplet", {}, L.BatchHardTripletLoss, {}, 1, "one class"),
    ("batchSemiHardTriplet", {}, L.BatchSemiHardTripletLoss, {}, 1, "one class"),
    ("batchAllTriplet", {}, L.BatchAllTripletLoss, {}, 1, "one class"),
    ("batchHardSoftMarginTriplet", {}, L.BatchHardSoftMarginTripletLoss, {}, 1, "class"),
    ("batchHardSoftMarginTriplet", {"distance": "cosine"}, L.BatchHardSoftMarginTripletLoss,
     {"distance_metric": Batch.cosine_distance}, 1, "class"),
    ("megaBatchMargin", {}, L.MegaBatchMarginLoss, {"use_mini_batched_version": False}, 2, None),
    ("megaBatchMargin", {"positiveMargin": 0.5, "negativeMargin": -0.2}, L.MegaBatchMarginLoss,
     {"positive_margin": 0.5, "negative_margin": -0.2, "use_mini_batched_version": False}, 2, None),
    ("multipleNegativesRanking", {"directions": list(DIRECTIONS)}, L.MultipleNegativesRankingLoss,
     {"directions": DIRECTIONS}, 4, None),
    ("multipleNegativesRanking", {"directions": ["doc_to_doc", "query_to_doc"], "similarity": "dot", "scale": 2},
     L.MultipleNegativesRankingLoss,
     {"directions": ("doc_to_doc", "query_to_doc"), "similarity_fct": dot_score, "scale": 2}, 3, None),
    *(("multipleNegativesRanking", {"hardnessMode": mode, "hardnessStrength": 9, "scale": 5},
       L.MultipleNegativesRankingLoss, {"hardness_mode": mode, "hardness_strength": 9, "scale": 5}, columns, None)
      for mode, columns in [("in_batch_negatives", 2), ("in_batch_negatives", 4), ("hard_negatives", 4), ("all_negatives", 4)]),
    ("mse", {}, L.MSELoss, {}, 1, "target"),
    ("mse", {}, L.MSELoss, {}, 2, "target"),
]  # fmt: skip
NAMES = {name: "label" for name in ("class", "one class", "all pairs", "no pair")}
MINED = [next(case for case in CASES if case[0] == name and ("distance" in case[1]) == named) for name, named in
         (("onlineContrastive", False), ("batchAllTriplet", False), ("batchHardTriplet", False),
          ("batchSemiHardTriplet", False), ("batchHardTriplet", True))]  # fmt: skip
GUIDED = [  # options here, options of the class, columns
    ({}, {}, 2),
    ({"temperature": 0.1, "margin": 0.05}, {"temperature": 0.1, "margin": 0.05}, 3),
    ({"temperature": 0.5, "marginStrategy": "relative", "margin": 0.3},
     {"temperature": 0.5, "margin_strategy": "relative", "margin": 0.3}, 3),
    ({"temperature": 0.2, "contrastAnchors": False}, {"temperature": 0.2, "contrast_anchors": False}, 2),
    ({"temperature": 0.2, "contrastPositives": False}, {"temperature": 0.2, "contrast_positives": False}, 3),
]  # fmt: skip
# Here the layers are chosen; there they are drawn.
LAYERED = [  # loss, options here, dimensions of Matryoshka, options of the class, layers of the step
    (0, {}, None, {}, None), (0, {}, None, {}, [0]), (0, {}, None, {}, [1]),
    (13, {"layersPerStep": -1, "layerWeighting": "log", "lastLayerWeight": 0.5, "priorLayersWeight": 2, "klDivWeight": 3,
          "klTemperature": 0.7}, None,
     {"n_layers_per_step": -1, "layer_weighting": "log", "last_layer_weight": 0.5, "prior_layers_weight": 2,
      "kl_div_weight": 3, "kl_temperature": 0.7}, None),
    (5, {"layersPerStep": -1, "layerWeighting": "linear", "klTemperature": 0}, None,
     {"n_layers_per_step": -1, "layer_weighting": "linear", "kl_temperature": 0}, None),
    (0, {"layersPerStep": -1}, [8, 4], {"n_layers_per_step": -1, "n_dims_per_step": -1}, None),
]  # fmt: skip
CLASSIFIED = [  # options here, options of the class, classes
    ({}, {}, 3), ({"concatenationSentMultiplication": True}, {"concatenation_sent_multiplication": True}, 2),
    ({"concatenationSentRep": False}, {"concatenation_sent_rep": False}, 4),
    ({"concatenationSentDifference": False}, {"concatenation_sent_difference": False}, 3),
]  # fmt: skip
MATRYOSHKA = {"dimensions": [8, 4, 2], "weights": [1, 0.5, 2]}
SUMS = [  # losses by their number in CASES with weights: those of two columns and one label
    [(5, 1), (8, 0.5)], [(0, 0.25), (7, 2)], [(0, 1), (5, 0.3), (9, 2)], [(47, 3), (0, 0.5)],
]  # fmt: skip
WATCHED = ["embeddings.word_embeddings.weight", "encoder.layer.0.attention.self.query.weight", "2_Dense/linear.bias"]


class Model(torch.nn.Module):
    """What a loss asks of a model that never embeds."""

    device = "cpu"

    def get_embedding_dimension(self):
        return DIMENSION

    def preprocess(self, *_):
        return {}


def labels(kind, columns, generator):
    if kind is None:
        return None
    if kind == "score":  # some are equal
        return torch.randint(0, 4, (ROWS,), generator=generator).double() / 4
    if kind == "label":
        return torch.randint(0, 2, (ROWS,), generator=generator).double()
    if kind == "class":
        return torch.randint(0, 3, (ROWS,), generator=generator)
    if kind in ("all pairs", "one class"):
        return torch.ones(ROWS)
    if kind == "no pair":
        return torch.zeros(ROWS)
    if kind == "target":
        return torch.randn((ROWS, DIMENSION), generator=generator).double()
    return torch.randn((ROWS, columns - (1 if kind == "scores" else 2)), generator=generator).double()


def of_embeddings(seed, case):
    name, options, kind, arguments, columns, label = case
    generator = torch.Generator().manual_seed(seed)
    embeddings = [torch.randn((ROWS, DIMENSION), generator=generator).double().requires_grad_() for _ in range(columns)]
    wanted = labels(label, columns, generator)
    loss = kind(Model(), **arguments)

    if hasattr(loss, "compute_loss_from_embeddings"):
        value = loss.compute_loss_from_embeddings(embeddings, [wanted] * columns if label == "target" else wanted)
    else:
        value = loss.calculate_loss([[column] for column in embeddings], wanted)
    gradients = torch.autograd.grad(value, embeddings)
    return {
        "name": name, "options": options, "embeddings": [e.detach().float().tolist() for e in embeddings],
        "label": NAMES.get(label, label), "labels": None if wanted is None else wanted.tolist(),
        "value": value.item(), "gradients": [g.tolist() for g in gradients],
    }  # fmt: skip


def of_texts(case, rows, nested=False, seed=1):
    name, options, kind, arguments, columns, label = case
    model = with_dense("bert", torch.float64)
    texts = [[SENTENCES[(3 * row + 5 * column) % len(SENTENCES)] for row in range(rows)] for column in range(columns)]
    wanted = labels(label, columns, torch.Generator().manual_seed(seed))
    wanted = None if wanted is None else wanted[:rows]
    loss = kind(model, **arguments)
    if nested:
        loss = L.MatryoshkaLoss(model, loss, MATRYOSHKA["dimensions"], MATRYOSHKA["weights"])
    value = loss([model.preprocess(column) for column in texts], wanted)
    value.backward()
    parameters = named(model)
    return {
        "name": name, "options": options, "matryoshka": MATRYOSHKA if nested else None, "columns": texts,
        "label": NAMES.get(label, label),
        "labels": None if wanted is None else wanted.tolist(), "value": value.item(),
        "gradients": {n: base64_of(parameters[n].grad.numpy()) for n in WATCHED},
    }  # fmt: skip


def guided(seed, case):
    """The loss takes embeddings of two models: here they are given."""
    options, arguments, columns = case
    generator = torch.Generator().manual_seed(seed)
    student = [torch.randn((ROWS, DIMENSION), generator=generator).double().requires_grad_() for _ in range(columns)]
    # Texts of a pair are alike, as they are to a guide of some use.
    guide = torch.randn((ROWS, 5), generator=generator) + torch.randn((columns, ROWS, 5), generator=generator)
    model = with_dense("bert", torch.float64)
    other = with_dense("bert", torch.float64)
    loss = L.GISTEmbedLoss(model, other, **arguments)
    with patch.object(gist_embed, "embed_columns", lambda which, _: student if which is model else list(guide.double())):
        value = loss([{} for _ in range(columns)], None)
    gradients = torch.autograd.grad(value, student)
    return {
        "options": options, "embeddings": [e.detach().float().tolist() for e in student], "guide": guide.tolist(),
        "value": value.item(), "gradients": [g.tolist() for g in gradients],
    }  # fmt: skip


def layered(case):
    index, options, dimensions, arguments, chosen = case
    name, inner, kind, inner_arguments, columns, label = CASES[index]
    model = with_dense("bert", torch.float64)
    texts = [[SENTENCES[(3 * row + 5 * column) % len(SENTENCES)] for row in range(6)] for column in range(columns)]
    wanted = labels(label, columns, torch.Generator().manual_seed(1))
    wanted = None if wanted is None else wanted[:6]
    loss = kind(model, **inner_arguments)
    if dimensions is None:
        loss = L.AdaptiveLayerLoss(model, loss, **({"n_layers_per_step": -1} if chosen is None else {}) | arguments)
    else:
        loss = L.Matryoshka2dLoss(model, loss, dimensions, **arguments)
    with patch.object(adaptive_layer.random, "sample", lambda *_: chosen):
        value = loss([model.preprocess(column) for column in texts], wanted)
    value.backward()
    parameters = named(model)
    return {
        "name": name, "inner": inner, "options": options, "dimensions": dimensions, "chosen": chosen, "columns": texts,
        "label": label, "labels": None if wanted is None else wanted.tolist(), "value": value.item(),
        "gradients": {n: base64_of(parameters[n].grad.numpy()) for n in WATCHED},
    }  # fmt: skip


def with_classifier(model, dimension, case, seed):
    options, arguments, classes = case
    loss = L.SoftmaxLoss(model, dimension, classes, **arguments).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():  # numbers that float32 has
        for parameter in loss.classifier.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / 2)
    return loss, generator, {"weight": loss.classifier.weight.tolist(), "bias": loss.classifier.bias.tolist()}


def classified(seed, case):
    """Of embeddings, which are given: the gradients by them and by the classifier."""
    model = with_dense("bert", torch.float64)
    loss, generator, classifier = with_classifier(model, DIMENSION, case, seed)
    embeddings = [torch.randn((ROWS, DIMENSION), generator=generator).double().requires_grad_() for _ in range(2)]
    wanted = torch.randint(0, case[2], (ROWS,), generator=generator)
    wanted[0] = case[2] - 1
    with patch.object(softmax, "embed_columns", lambda *_: embeddings):
        value = loss([{}, {}], wanted)
    gradients = torch.autograd.grad(value, [*embeddings, *loss.classifier.parameters()])
    return {
        "options": case[0], "embeddings": [e.detach().float().tolist() for e in embeddings], "labels": wanted.tolist(),
        "classes": case[2], **classifier, "value": value.item(), "gradients": [g.tolist() for g in gradients],
    }  # fmt: skip


def classifier_steps():
    """Updates of model and classifier as the trainer makes them: of the model alone the gradients are clipped, and in the
    second step, which is another loss's, the classifier rests."""
    model = with_dense("bert", torch.float64)
    loss, _, classifier = with_classifier(model, 8, CLASSIFIED[0], 9)
    other = L.MultipleNegativesRankingLoss(model)
    texts = [[SENTENCES[(3 * row + 5 * column) % len(SENTENCES)] for row in range(6)] for column in range(2)]
    wanted = torch.tensor([0, 1, 2, 2, 1, 0])
    named_all = list(loss.named_parameters())
    decays = [p for n, p in named_all if "bias" not in n and "LayerNorm" not in n]
    rest = [p for n, p in named_all if "bias" in n or "LayerNorm" in n]
    groups = [{"params": decays, "weight_decay": 0.01}, {"params": rest, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=1e-2, eps=1e-12)
    values, norms = [], []
    for each in (loss, other, loss):
        value = each([model.preprocess(column) for column in texts], wanted)
        value.backward()
        values.append(value.item())
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 0.1).item())
        optimizer.step()
        optimizer.zero_grad()
    after = {"weight": loss.classifier.weight.tolist(), "bias": loss.classifier.bias.tolist()}
    return {"columns": texts, "labels": wanted.tolist(), "before": classifier, "after": after, "values": values, "norms": norms}


class Sum(torch.nn.Module):
    """A loss of several parts, as one would write it in Python."""

    def __init__(self, parts):
        super().__init__()
        self.losses = torch.nn.ModuleList(loss for loss, _ in parts)
        self.weights = [weight for _, weight in parts]

    def forward(self, features, labels):
        return sum(weight * loss(features, labels) for loss, weight in zip(self.losses, self.weights))


def summed(seed, parts):
    generator = torch.Generator().manual_seed(seed)
    cases = [CASES[index] for index, _ in parts]
    label = next((case[5] for case in cases if case[5] is not None), None)
    if any(case[5] == "label" for case in cases):
        label = "label"
    embeddings = [torch.randn((ROWS, DIMENSION), generator=generator).double().requires_grad_() for _ in range(2)]
    wanted = labels(label, 2, generator)
    of = [wanted] * 2 if label == "target" else wanted
    values = [case[2](Model(), **case[3]).compute_loss_from_embeddings(embeddings, of) for case in cases]
    value = sum(weight * each for each, (_, weight) in zip(values, parts))
    gradients = torch.autograd.grad(value, embeddings)
    return {
        "losses": [{"name": case[0], "options": case[1]} for case in cases], "weights": [weight for _, weight in parts],
        "embeddings": [e.detach().float().tolist() for e in embeddings], "label": label,
        "labels": None if wanted is None else wanted.tolist(), "value": value.item(),
        "parts": [weight * each.item() for each, (_, weight) in zip(values, parts)],
        "gradients": [g.tolist() for g in gradients],
    }  # fmt: skip


def summed_texts(parts, nested):
    """Of texts, through the whole model; in Matryoshka too."""
    model = with_dense("bert", torch.float64)
    cases = [CASES[index] for index, _ in parts]
    texts = [[SENTENCES[(3 * row + 5 * column) % len(SENTENCES)] for row in range(6)] for column in range(2)]
    wanted = labels("score", 2, torch.Generator().manual_seed(1))[:6]
    loss = Sum([(case[2](model, **case[3]), weight) for case, (_, weight) in zip(cases, parts)])
    if nested:
        loss = L.MatryoshkaLoss(model, loss, MATRYOSHKA["dimensions"], MATRYOSHKA["weights"])
    value = loss([model.preprocess(column) for column in texts], wanted)
    value.backward()
    parameters = named(model)
    return {
        "losses": [{"name": case[0], "options": case[1]} for case in cases], "weights": [weight for _, weight in parts],
        "matryoshka": MATRYOSHKA if nested else None, "columns": texts, "label": "score", "labels": wanted.tolist(),
        "value": value.item(), "gradients": {n: base64_of(parameters[n].grad.numpy()) for n in WATCHED},
    }  # fmt: skip


def sums():
    return {
        "ofEmbeddings": [summed(seed, parts) for seed, parts in enumerate(SUMS)],
        "ofTexts": [summed_texts(SUMS[0], False), summed_texts(SUMS[0], True)],
    }


def main():
    gold = {
        "ofEmbeddings": [of_embeddings(seed, case) for seed, case in enumerate(CASES)],
        "ofTexts": [of_texts(CASES[i], 6) for i in (0, 4, 5, 13, 17, 19)] + [of_texts(CASES[i], 6, True) for i in (0, 5, 15)]
        + [of_texts(case, 6, seed=2) for case in MINED[:4]] + [of_texts(MINED[4], 6, True)],
    }
    write("pair-losses", gold)
    write("guided-losses", [guided(*case) for case in enumerate(GUIDED)])
    write("layer-losses", [layered(case) for case in LAYERED])
    write("loss-sums", sums())
    write("classified-losses", {"ofEmbeddings": [classified(*case) for case in enumerate(CLASSIFIED)], "steps": classifier_steps()})


def write(name, gold):
    text = json.dumps(gold).encode()
    (ROOT / f"test/gold/training/{name}.json.gz").write_bytes(gzip.compress(text, mtime=0))


if __name__ == "__main__":
    main()
