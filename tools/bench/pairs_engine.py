"""Fine-tuning with sentence-transformers' own trainer: MultipleNegativesRankingLoss, AdamW, clipping, warm-up.

The protocol is that of bench/engines/serve.ts: the trainer stops between two steps until the benchmark asks for the next
round of them, and saves its model at the end. Argument: job file (bench/pairs-work.ts). In bf16 weights and their updates
are float32, too (autocast). All is by default but for what hpd has other defaults of.
"""

import contextlib
import json
import sys
import tempfile
import time
from pathlib import Path

import torch
from datasets import Dataset
from sentence_transformers import (
    SentenceTransformer,
    SentenceTransformerTrainer,
    SentenceTransformerTrainingArguments,
)
from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss
from sentence_transformers.sentence_transformer.training_args import BatchSamplers
from transformers import TrainerCallback

job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))


def peak_mib():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)


def answer(message):
    print(json.dumps(message), file=sys.__stdout__, flush=True)


class Rounds(TrainerCallback):
    def on_train_begin(self, args, state, control, **kwargs):
        self.start = time.perf_counter()

    def on_step_end(self, args, state, control, **kwargs):
        if state.global_step not in job["pauses"]:
            return
        answer({"seconds": time.perf_counter() - self.start, "losses": losses, "peakMiB": peak_mib()})
        sys.stdin.readline()
        losses.clear()
        self.start = time.perf_counter()


class Recorded(MultipleNegativesRankingLoss):
    def forward(self, *args, **kwargs):
        loss = super().forward(*args, **kwargs)
        losses.append(loss.item())
        return loss


model = SentenceTransformer(job["model"], device="cpu", local_files_only=True)
model.max_seq_length = job["maxSeqLength"]
for module in model.modules():
    if isinstance(module, torch.nn.Dropout):
        module.p = job["dropout"]
    if hasattr(module, "dropout_prob"):
        module.dropout_prob = job["dropout"]
losses = []
rows = [json.loads(line) for line in Path(job["data"]).read_text(encoding="utf-8").splitlines()]
# What the trainer says is no answer.
with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(sys.stderr):
    arguments = SentenceTransformerTrainingArguments(
        output_dir=folder,
        use_cpu=True,
        bf16=job["precision"] == "bf16",
        per_device_train_batch_size=job["batchSize"],
        batch_sampler=BatchSamplers.NO_DUPLICATES,
        max_steps=job["pauses"][-1],
        learning_rate=2e-5,
        weight_decay=0.01,
        warmup_steps=-(-job["pauses"][-1] // 10),
        save_strategy="no",
        logging_strategy="no",
        report_to="none",
        disable_tqdm=True,
    )
    answer({})
    sys.stdin.readline()
    trainer = SentenceTransformerTrainer(
        model=model,
        args=arguments,
        train_dataset=Dataset.from_list(rows),
        loss=Recorded(model),
        callbacks=[Rounds()],
    )
    trainer.train()
    model.save(job["out"])
answer({"peakMiB": peak_mib()})
