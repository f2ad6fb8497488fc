"""Ten steps of training as PyTorch makes them (test/gold/training), and one gradient of each loss.

Purpose: `steps.json.gz` has runs of the folder `bert` with its Dense (16 -> 8, Tanh): learning rate, losses, gradient
norm of each step, and all parameters after the last one. `static-steps.json.gz` has the same of the folder `static` with a
linear Dense, and of a text without tokens, `torch-steps.json.gz` steps of `torch.optim.AdamW`. `losses.json` has each loss with its gradients by a few
parameters. Without dropout.
Source: torch.autograd in float64, since the tests ask how far float32 is off; `transformers.AdamW` as it was until
version 4.46, written out below since version 5 has it no more; learning rates by transformers'
`get_linear_schedule_with_warmup`; `torch.nn.utils.clip_grad_norm_`. All rows of the embeddings are updated in every step, dense.
Limits: needs the folders that models.py wrote, and takes from gradients.py how they are loaded. Format: README.md.
"""

import gzip
import json
import math

import numpy as np
import torch
from gradients import FIXTURES, ROOT, base64_of, with_dense
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Dense
from torch.nn import functional
from transformers import get_linear_schedule_with_warmup

GOLD = ROOT / "test/gold/training"
STEPS = 10
# From one word to many; few words are common to all, so that most rows of the embeddings rest for some steps.
SENTENCES = [
    "hello", "the dog", "A man is playing a large flute.", "A woman is slicing an onion.", "what is art?",
    "Two dogs run in the park, and a third one sleeps!", "over and over and over", "a b c d e f g", "1 + 2 = 3",
    "the quick brown fox jumps over the lazy dog while a man and a woman sleep in the park", "world of prices",
    "don't you think it's a well-known state-of-the-art idea?", "x y z", "france", "large onion, lazy woman", "hello world",
]  # fmt: skip


class AdamW(torch.optim.Optimizer):
    """`transformers.AdamW`, decoupled weight decay (arXiv 1711.05101), as the reference implementation of HPD uses it."""

    def step(self):
        for group in self.param_groups:
            (beta1, beta2), eps, lr, decay = group["betas"], group["eps"], group["lr"], group["weight_decay"]
            for p in group["params"]:
                state = self.state[p]
                if not state:
                    state.update(step=0, first=torch.zeros_like(p), second=torch.zeros_like(p))
                state["step"] += 1
                state["first"].mul_(beta1).add_(p.grad, alpha=1 - beta1)
                state["second"].mul_(beta2).addcmul_(p.grad, p.grad, value=1 - beta2)
                size = lr
                if group["correct_bias"]:
                    size *= math.sqrt(1 - beta2 ** state["step"]) / (1 - beta1 ** state["step"])
                p.data.addcdiv_(state["first"], state["second"].sqrt().add_(eps), value=-size)
                p.data.add_(p.data, alpha=-lr * decay)


def similarities(x):
    return functional.normalize(x) @ functional.normalize(x).T


LOSSES = {
    "mse": functional.mse_loss,
    "cosine": lambda x, y: (1 - functional.cosine_similarity(x, y)).mean(),
    "similarity": lambda x, y: functional.mse_loss(similarities(x), similarities(y)),
}


def loss_of(model, weights, sentences, targets):
    embeddings = model(model.preprocess(sentences))["sentence_embedding"]
    targets = torch.as_tensor(targets, dtype=embeddings.dtype)
    return sum(weight * LOSSES[name](embeddings, targets) for name, weight in weights.items())


STATIC_SENTENCES = [*SENTENCES[:-1], "\x01"]


def static_with_dense(dtype):
    model = SentenceTransformer(str(FIXTURES / "static"), device="cpu")
    dense = Dense(16, 8, bias=False, activation_function=torch.nn.Identity())
    dense.linear.weight.data = torch.from_numpy(np.random.default_rng(7).uniform(-0.25, 0.25, (8, 16)).astype(np.float32))
    model.append(dense)
    return model.to(dtype)


def named(model):
    """By the names of a student: those of the first module, those of Dense with its folder before. A pooler has no part."""
    first = getattr(model[0], "auto_model", model[0])
    return {
        f"{prefix}{key}": parameter
        for prefix, module in (("", first), (f"{len(model) - 1}_Dense/", model[-1]))
        for key, parameter in module.named_parameters()
        if not key.startswith("pooler.")
    }


def batch(random, size):
    """Which sentences, without repetition, and their targets."""
    return {"sentences": random.choice(len(SENTENCES), size, replace=False).tolist(),
            "targets": random.uniform(-1, 1, (size, 8)).round(3).tolist()}  # fmt: skip


def train(run, batches, model, sentences):
    parameters = named(model)
    decays = {name: not (name.endswith("bias") or "LayerNorm" in name) for name in parameters}
    options = run["optimizer"]
    groups = [
        {"params": [p for name, p in parameters.items() if decays[name] == decay],
         "weight_decay": options["weightDecay"] if decay else 0.0}
        for decay in (True, False)
    ]  # fmt: skip
    common = {"lr": run["learningRate"], "betas": (options["beta1"], options["beta2"]), "eps": options["epsilon"]}
    if options.get("epsilonAfterCorrection"):
        optimizer = torch.optim.AdamW(groups, **common)
    else:
        optimizer = AdamW(groups, {**common, "correct_bias": options["correctBias"]})
    schedule = get_linear_schedule_with_warmup(optimizer, run["warmupSteps"], STEPS)
    steps = []
    for of_step in batches:
        optimizer.zero_grad()
        losses = []
        for b in of_step:
            loss = loss_of(model, run["loss"], [sentences[i] for i in b["sentences"]], b["targets"])
            (loss / len(of_step)).backward()
            losses.append(loss.item())
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), run["maxGradientNorm"] or math.inf).item()
        learning_rate = optimizer.param_groups[0]["lr"]
        optimizer.step()
        schedule.step()
        steps.append({"batches": of_step, "learningRate": learning_rate, "losses": losses, "gradientNorm": norm})
    return steps, parameters


def runs():
    adamw = {"beta1": 0.9, "beta2": 0.999}
    return [
        {"name": "the reference: no bias correction, two batches a step, clipped", "loss": {"mse": 1}, "accumulation": 2,
         "optimizer": {**adamw, "epsilon": 1e-6, "weightDecay": 0.01, "correctBias": False},
         "learningRate": 1e-3, "warmupSteps": 4, "maxGradientNorm": 0.25},
        {"name": "bias correction, strong decay, one batch a step, not clipped", "loss": {"mse": 1}, "accumulation": 1,
         "optimizer": {**adamw, "epsilon": 1e-8, "weightDecay": 0.1, "correctBias": True},
         "learningRate": 3e-4, "warmupSteps": 0, "maxGradientNorm": None},
        {"name": "a sum of losses, over pairs too", "loss": {"cosine": 0.5, "similarity": 2}, "accumulation": 2,
         "optimizer": {**adamw, "epsilon": 1e-6, "weightDecay": 0.01, "correctBias": True},
         "learningRate": 2e-3, "warmupSteps": 2, "maxGradientNorm": 1.0},
    ]  # fmt: skip


def torch_runs():
    """With an epsilon as large as many gradients, so that it matters what it is added to."""
    return [{"name": "AdamW of torch", "loss": {"mse": 1}, "accumulation": 1,
             "optimizer": {"beta1": 0.9, "beta2": 0.999, "epsilon": 1e-4, "weightDecay": 0.01, "correctBias": True,
                           "epsilonAfterCorrection": True},
             "learningRate": 5e-4, "warmupSteps": 0, "maxGradientNorm": 1.0}]  # fmt: skip


def steps(make, sentences, of=runs):
    gold = []
    for seed, run in enumerate(of()):
        random = np.random.default_rng(seed)
        batches = [[batch(random, size) for size in (4, 3)[: run["accumulation"]]] for _ in range(STEPS)]
        of_steps, parameters = train(run, batches, make(torch.float64), sentences)
        _, single = train(run, batches, make(torch.float32), sentences)
        start = named(make(torch.float64))
        errors = {name: (single[name] - p).abs().max().item() for name, p in parameters.items()}
        moved = {name: (start[name] - p).abs().max().item() for name, p in parameters.items()}
        worst = sorted(errors, key=errors.get)[-3:]
        print(f"{run['name']}: losses {of_steps[0]['losses'][0]:.4f} to {of_steps[-1]['losses'][0]:.4f}, norms "
              f"{[round(s['gradientNorm'], 3) for s in of_steps]}, parameters move by {min(moved.values()):.1e} to "
              f"{max(moved.values()):.1e}; torch's float32 is off by {[(n, f'{errors[n]:.1e}') for n in worst]}")  # fmt: skip
        gold.append({**run, "steps": of_steps, "parameters": {n: base64_of(p.detach().numpy()) for n, p in parameters.items()}})  # fmt: skip
    return {"versions": {"torch": torch.__version__}, "sentences": sentences, "runs": gold}


def losses():
    of_batch = batch(np.random.default_rng(9), 5)
    texts = [SENTENCES[i] for i in of_batch["sentences"]]
    names = ["2_Dense/linear.weight", "2_Dense/linear.bias", "encoder.layer.0.attention.self.query.weight"]
    gold = []
    for weights in ({"mse": 1}, {"cosine": 1}, {"similarity": 1}, {"mse": 3, "cosine": 0.25, "similarity": 0.5}):
        model = with_dense("bert", torch.float64)
        loss = loss_of(model, weights, texts, of_batch["targets"])
        loss.backward()
        parameters = named(model)
        gold.append({"loss": weights, "value": loss.item(), "gradients": {n: parameters[n].grad.flatten().tolist() for n in names}})  # fmt: skip
    return {"versions": {"torch": torch.__version__}, "sentences": texts, "targets": of_batch["targets"], "losses": gold}


if __name__ == "__main__":
    GOLD.mkdir(parents=True, exist_ok=True)
    for name, make, sentences, of in (
        ("steps", lambda dtype: with_dense("bert", dtype), SENTENCES, runs),
        ("static-steps", static_with_dense, STATIC_SENTENCES, runs),
        ("torch-steps", lambda dtype: with_dense("bert", dtype), SENTENCES, torch_runs),
    ):
        gold = steps(make, sentences, of)
        if name == "static-steps":  # whose Dense is in no folder
            gold["dense"] = base64_of(make(torch.float64)[-1].linear.weight.detach().numpy())
        packed = gzip.compress(json.dumps(gold, separators=(",", ":")).encode(), 9, mtime=0)
        (GOLD / f"{name}.json.gz").write_bytes(packed)
    short = json.loads(json.dumps(losses()), parse_float=lambda number: float(f"{float(number):.9g}"))
    (GOLD / "losses.json").write_text(json.dumps(short) + "\n", encoding="utf-8")
