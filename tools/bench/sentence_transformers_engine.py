"""sentence-transformers, batch 32 and all else by default. The protocol is that of bench/engines/serve.ts.

Arguments: model folder, sentences file, `fp32` or `bf16` (autocast).
"""

import contextlib
import json
import sys
import time
from pathlib import Path

folder, sentences_file, precision = sys.argv[1:]
sentences = json.loads(Path(sentences_file).read_text(encoding="utf-8"))

start = time.perf_counter()
import torch  # noqa: E402
from sentence_transformers import SentenceTransformer  # noqa: E402

model = SentenceTransformer(folder, device="cpu", local_files_only=True)


def encode(texts):
    bf16 = torch.autocast("cpu", dtype=torch.bfloat16) if precision == "bf16" else contextlib.nullcontext()
    with bf16:
        return model.encode(texts, batch_size=32, show_progress_bar=False)


def peak_mib():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)


encode(sentences[:1])
print(json.dumps({"firstVectorMs": (time.perf_counter() - start) * 1000}), flush=True)

for line in sys.stdin:
    request = json.loads(line)
    begin = time.perf_counter()
    embeddings = encode(sentences)
    seconds = time.perf_counter() - begin
    if request["command"] == "embeddings":
        embeddings.astype("float32").tofile(request["path"])
    print(json.dumps({"seconds": seconds, "peakMiB": peak_mib()}), flush=True)
