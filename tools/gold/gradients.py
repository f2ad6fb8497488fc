"""Gradients as PyTorch computes them (test/gold/autodiff), for the rules of src/autodiff and for whole models.

Purpose: `rules.json` has the gradients of single operations where PyTorch takes a side: activations at their kinks, the
maximum of equal numbers, a row of length zero; and rows through softmax, layer norm and pooling. `models.json.gz` has the
gradients by every parameter of a whole tiny model: Transformer, pooling, Dense with Tanh, mean squared error to random
targets, for two sentences of different length, without dropout.
Source: torch, transformers, sentence-transformers in the versions of requirements.txt; on the CPU in float64, since the
tests ask how far float32 is off. Limits: needs the folders that models.py wrote. Format: README.md beside this file.
"""

import base64
import gzip
import json
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense, Pooling

ROOT = Path(__file__).resolve().parents[2]
FIXTURES, GOLD = ROOT / "test/fixtures/models", ROOT / "test/gold/autodiff"

POINTS = [-100.0, -30.0, -8.0, -6.0, -3.5, -3.0, -2.0, -1.0, -0.75, -0.5, -0.25, -1e-3, 0.0, 1e-3, 0.25, 0.5, 0.75, 1.0, 2.0, 3.0, 3.5,
          5.5, 6.0, 8.0, 30.0, 100.0]  # fmt: skip
nn, functional = torch.nn, torch.nn.functional
ELEMENTWISE = {
    "celu": nn.CELU(), "elu": nn.ELU(), "gelu": nn.GELU(), "gelu_tanh": nn.GELU(approximate="tanh"),
    "hardshrink": nn.Hardshrink(), "hardsigmoid": nn.Hardsigmoid(), "hardswish": nn.Hardswish(),
    "hardtanh": nn.Hardtanh(), "leaky_relu": nn.LeakyReLU(), "logsigmoid": nn.LogSigmoid(), "mish": nn.Mish(),
    "quick_gelu": lambda x: x * torch.sigmoid(1.702 * x), "relu": nn.ReLU(), "relu6": nn.ReLU6(),
    "rrelu": nn.RReLU().eval(), "selu": nn.SELU(), "sigmoid": nn.Sigmoid(), "silu": nn.SiLU(),
    "softplus": nn.Softplus(), "softshrink": nn.Softshrink(), "softsign": nn.Softsign(), "tanh": nn.Tanh(),
    "tanhshrink": nn.Tanhshrink(),
}  # fmt: skip
ROWS = {"softmax": nn.Softmax(-1), "softmin": nn.Softmin(-1), "log_softmax": nn.LogSoftmax(-1)}


def rounded(values):
    """Nested lists of numbers with 8 significant digits."""
    if isinstance(values, torch.Tensor):
        values = values.tolist()
    return [rounded(value) for value in values] if isinstance(values, list) else float(f"{values:.8g}")


def gradients_of(function, weights, *inputs):
    """Of sum(weights x function(inputs)), by each input."""
    leaves = [torch.as_tensor(values, dtype=torch.float64).requires_grad_() for values in inputs]
    (function(*leaves) * torch.as_tensor(weights)).sum().backward()
    return [rounded(leaf.grad) for leaf in leaves]


def turned(x, frequencies):
    """Rotary positions of [..., sequence, width] as transformers' `apply_rotary_pos_emb` applies them."""
    angles = torch.arange(x.shape[-2], dtype=x.dtype)[:, None] * torch.tensor(frequencies, dtype=x.dtype)
    angles = torch.cat([angles, angles], -1)
    first, second = x.chunk(2, -1)
    return x * angles.cos() + torch.cat([-second, first], -1) * angles.sin()


def windowed(query, key, value, heads, key_heads, frequencies, window):
    """Attention of two sentences of one length, [tokens, heads x width], whose heads share keys, in a window on both sides."""
    sequence = len(query) // 2
    query, key, value = (x.view(2, sequence, count, -1).transpose(1, 2)
                         for x, count in ((query, heads), (key, key_heads), (value, key_heads)))  # fmt: skip
    positions = torch.arange(sequence)
    seen = (positions[:, None] - positions).abs() <= window
    attended = functional.scaled_dot_product_attention(
        turned(query, frequencies), turned(key, frequencies), value, seen, enable_gqa=True)  # fmt: skip
    return attended.transpose(1, 2).flatten(2).flatten(0, 1)


def rules():
    random = np.random.default_rng(1)
    x, weights = random.standard_normal((3, 5)).round(3), random.standard_normal((3, 5)).round(3)
    x[1] = [0, 0, 0, 0, 0]  # equal numbers; a row of length zero
    x[2] *= 20
    gain, bias = random.standard_normal(5).round(3), random.standard_normal(5).round(3)
    # [batch, sequence, width]: in each column the largest number twice, once among the padding
    tokens = np.array([[[1, 2, -1], [3, 2, -1], [3, -4, -1]], [[0, 5, -2], [-3, 5, -2], [9, 9, 9]]], dtype=float)
    mask = np.array([[1, 1, 1], [1, 1, 0]])
    pooled = random.standard_normal((2, 3)).round(3)
    pooling = {
        mode: gradients_of(
            lambda t, mode=mode: Pooling(3, mode)(
                {"token_embeddings": t.clone(), "attention_mask": torch.from_numpy(mask)})["sentence_embedding"],
            pooled, tokens)[0]
        for mode in ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
    }  # fmt: skip
    query, wanted = random.standard_normal((6, 16)).round(3), random.standard_normal((6, 16)).round(3)
    key, value = random.standard_normal((6, 8)).round(3), random.standard_normal((6, 8)).round(3)
    shared = {"heads": 4, "key_heads": 2, "frequencies": [1.0, 0.25], "window": 1}
    ones = np.ones(len(POINTS))
    return {
        "versions": {"torch": torch.__version__},
        "points": POINTS,
        "elementwise": {name: gradients_of(f, ones, POINTS)[0] for name, f in ELEMENTWISE.items()},
        "x": x.tolist(),
        "weights": weights.tolist(),
        "rows": {name: gradients_of(f, weights, x)[0] for name, f in ROWS.items()},
        "normalize": gradients_of(lambda t: functional.normalize(t, dim=-1), weights, x)[0],
        "gain": gain.tolist(),
        "bias": bias.tolist(),
        "layerNorm": [
            {"epsilon": epsilon, "gradients": gradients_of(
                lambda t, g, b, e=epsilon: functional.layer_norm(t, (5,), g, b, e), weights, x, gain, bias)}
            for epsilon in (1e-12, 1e-5)
        ],
        "layerNormWithoutBias": gradients_of(lambda t, g: functional.layer_norm(t, (5,), g, eps=1e-5), weights, x, gain),
        "rmsNorm": gradients_of(lambda t, g: functional.rms_norm(t, (5,), g, 1e-6), weights, x, gain),
        "attention": {
            "query": query.tolist(), "key": key.tolist(), "value": value.tolist(), "wanted": wanted.tolist(),
            "gradients": gradients_of(lambda q, k, v: windowed(q, k, v, **shared), wanted, query, key, value),
        },
        "tokens": tokens.tolist(),
        "mask": mask.tolist(),
        "pooled": pooled.tolist(),
        "pooling": pooling,
    }  # fmt: skip


SENTENCES = ["Two dogs run in the park, and a third one sleeps!", "the the dog"]
ARCHITECTURES = ["bert", "roberta", "xlm-roberta", "distilbert", "mpnet", "hpd-tinybert-like"]


def base64_of(array):
    return base64.b64encode(np.ascontiguousarray(array, dtype="<f4").tobytes()).decode()


def with_dense(name, dtype):
    """The folder's model; where it ends in pooling, then `2_Dense` of the folder `bert`: 16 -> 8, Tanh."""
    model = SentenceTransformer(str(FIXTURES / name), device="cpu", model_kwargs={"dtype": torch.float32})
    if not isinstance(model[-1], Dense):
        model.append(Dense.load(str(FIXTURES / "bert/2_Dense")))
    return model.to(dtype).eval()


def gradients_of_model(name, targets, dtype):
    model = with_dense(name, dtype)
    features = model.preprocess(SENTENCES)
    loss = nn.MSELoss()(model(features)["sentence_embedding"], torch.as_tensor(targets, dtype=dtype))
    loss.backward()
    # The names of the checkpoint: the transformer's own; of Dense with its folder before.
    named = {
        f"{prefix}{key}": parameter.grad.double()
        for prefix, module in (("", model[0].auto_model), ("2_Dense/", model[-1]))
        for key, parameter in module.named_parameters()
        if parameter.grad is not None
    }
    ids = [row[mask.bool()].tolist() for row, mask in zip(features["input_ids"], features["attention_mask"], strict=True)]
    return loss.item(), named, ids, model.tokenizer.pad_token_id


def models():
    gold = []
    for seed, name in enumerate(ARCHITECTURES):
        targets = np.random.default_rng(seed).uniform(-1, 1, (2, 8)).round(3)
        loss, gradients, ids, pad_id = gradients_of_model(name, targets, torch.float64)
        _, single, *_ = gradients_of_model(name, targets, torch.float32)
        worst = max(((single[key] - value).abs().max() / value.abs().max()).item()
                    for key, value in gradients.items() if value.abs().max() > 1e-9)  # fmt: skip
        print(f"{name}: loss {loss:.6f}, {len(gradients)} gradients; torch's float32 is off by {worst:.1e} of the largest")
        gold.append({"model": name, "ids": ids, "padId": pad_id, "targets": targets.tolist(), "loss": loss, "float32Error": float(f"{worst:.2g}"),
                     "gradients": {key: base64_of(value) for key, value in gradients.items()}})  # fmt: skip
    return {"versions": {"torch": torch.__version__}, "sentences": SENTENCES, "models": gold}


if __name__ == "__main__":
    GOLD.mkdir(parents=True, exist_ok=True)
    (GOLD / "rules.json").write_text(json.dumps(rules()) + "\n", encoding="utf-8")
    packed = gzip.compress(json.dumps(models(), separators=(",", ":")).encode(), 9, mtime=0)
    (GOLD / "models.json.gz").write_bytes(packed)
