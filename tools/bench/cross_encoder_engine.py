"""A cross-encoder of the shape of ms-marco-MiniLM-L6-v2 with random weights, and sentence-transformers scoring with it.

Usage: cross_encoder_engine.py make FOLDER TOKENIZER_FOLDER | cross_encoder_engine.py serve FOLDER PAIRS.json
To serve: batch 32 and all else by default; the protocol is that of bench/engines/serve.ts.
"""

import json
import sys
import time
from pathlib import Path


def make(folder, tokenizer):
    import torch
    from transformers import AutoTokenizer, BertConfig, BertForSequenceClassification

    torch.manual_seed(1)
    config = BertConfig(hidden_size=384, num_hidden_layers=6, num_attention_heads=12, intermediate_size=1536,
                        id2label={0: "LABEL_0"})  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(tokenizer, model_max_length=512).save_pretrained(folder)


def serve(folder, pairs_file):
    import numpy as np
    from sentence_transformers import CrossEncoder

    pairs = json.loads(Path(pairs_file).read_text(encoding="utf-8"))
    start = time.perf_counter()
    model = CrossEncoder(folder, device="cpu", local_files_only=True)
    model.predict(pairs[:1])
    print(json.dumps({"firstVectorMs": (time.perf_counter() - start) * 1000}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        begin = time.perf_counter()
        scores = model.predict(pairs, batch_size=32, show_progress_bar=False)
        seconds = time.perf_counter() - begin
        if request["command"] == "embeddings":
            np.asarray(scores, dtype=np.float32).tofile(request["path"])
        print(json.dumps({"seconds": seconds}), flush=True)


if __name__ == "__main__":
    {"make": make, "serve": serve}[sys.argv[1]](*sys.argv[2:])
