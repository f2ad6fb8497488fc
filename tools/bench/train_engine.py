"""Training in PyTorch: sentence-transformers' modules, mean squared error, clipping, torch.optim.AdamW.

The protocol is that of bench/engines/serve.ts. Arguments: model folder, workload file (bench/train-work.ts), `fp32` or
`bf16` (autocast). Weights and their updates are float32 in both. All is by default but for AdamW, which is the fused
one: on a CPU it is the fastest.
"""

import contextlib
import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

folder, workload_file, precision = sys.argv[1:]
workload = json.loads(Path(workload_file).read_text(encoding="utf-8"))
model = SentenceTransformer(folder, device="cpu", local_files_only=True).train()
for module in model.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = workload["dropout"]
    if hasattr(module, "dropout_prob"):
        module.dropout_prob = workload["dropout"]
targets = torch.from_numpy(np.fromfile(workload["targets"], dtype="<f4").reshape(-1, 128))
parameters = [p for name, p in model.named_parameters() if "pooler" not in name]
optimizer = torch.optim.AdamW(
    [
        {"params": [p for p in parameters if p.dim() > 1], "weight_decay": 0.01},
        {"params": [p for p in parameters if p.dim() < 2], "weight_decay": 0.0},
    ],
    lr=1e-4,
    eps=1e-8,
    fused=True,
)


def batch(rows):
    """[sentences, longest] ids, padded with BERT's 0, and their mask."""
    longest = max(map(len, rows))
    ids = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
    return {"input_ids": ids, "attention_mask": (ids != 0).long()}


ends = np.cumsum([len(rows) for rows in workload["batches"]])
steps = [
    (batch(rows), targets[end - len(rows) : end]) for rows, end in zip(workload["batches"], ends, strict=True)
]


def autocast():
    return torch.autocast("cpu", dtype=torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()


def round_of_steps():
    losses, optimizer_seconds = [], 0.0
    start = time.perf_counter()
    for features, target in steps:
        with autocast():
            loss = torch.nn.functional.mse_loss(model(dict(features))["sentence_embedding"].float(), target)
        loss.backward()
        losses.append(loss.item())
        begin = time.perf_counter()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        optimizer_seconds += time.perf_counter() - begin
    return {"seconds": time.perf_counter() - start, "optimizerSeconds": optimizer_seconds, "losses": losses}


def peak_mib():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)


print(json.dumps({}), flush=True)
for line in sys.stdin:
    answer = round_of_steps() if json.loads(line)["command"] == "round" else {}
    print(json.dumps({**answer, "peakMiB": peak_mib()}), flush=True)
