"""sentence-transformers, with its weights in float32 or bfloat16 (`dtype`)."""

import time

from protocol import batches, serve, settings

start = time.perf_counter()
import torch  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402

dtype = {"fp32": torch.float32, "bf16": torch.bfloat16}[settings["dtype"]]
model = SentenceTransformer(settings["model"], device="cpu", local_files_only=True, model_kwargs={"dtype": dtype})


def encode(texts):
    rows = [None] * len(texts)
    for batch in batches(texts):
        vectors = model.encode([texts[index] for index in batch], batch_size=len(batch), show_progress_bar=False)
        for index, vector in zip(batch, vectors, strict=True):
            rows[index] = vector
    return rows


def encode_one(text):
    return model.encode(text, show_progress_bar=False)


encode_one(settings["text"])
serve(start, ["sentence-transformers", "torch"], encode, encode_one)
