"""Static models in Python: makes one of the shape of potion-base-8M with random weights, and times two libraries on it.

Usage: static_engine.py make FOLDER TOKENIZER.json | static_engine.py time FOLDER SENTENCES.json
Needs numpy, safetensors, tokenizers; to time also sentence-transformers and model2vec. One thread each.
"""

import json
import os
import sys
import time
from pathlib import Path

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["OMP_NUM_THREADS"] = "1"
ROWS, WIDTH = 29_528, 256


def make(folder, tokenizer_file):
    import numpy as np
    import safetensors.numpy

    folder = Path(folder)
    folder.mkdir(parents=True)
    tokenizer = json.loads(Path(tokenizer_file).read_text())
    # As many tokens as there are rows: model2vec leaves [unused...] out and numbers the others anew.
    kept = [token for token in sorted(tokenizer["model"]["vocab"], key=tokenizer["model"]["vocab"].get)
            if not token.startswith("[unused")][:ROWS]  # fmt: skip
    tokenizer["model"]["vocab"] = {token: index for index, token in enumerate(kept)}
    for token in tokenizer["added_tokens"]:
        token["id"] = tokenizer["model"]["vocab"][token["content"]]
    tokenizer |= {"truncation": None, "padding": None, "post_processor": None}
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    table = np.random.default_rng(1).standard_normal((len(kept), WIDTH)).astype(np.float32)
    safetensors.numpy.save_file({"embeddings": table}, folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({"model_type": "model2vec", "normalize": True}))
    modules = [("StaticEmbedding", "."), ("Normalize", "1_Normalize")]
    (folder / "modules.json").write_text(json.dumps([
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for i, (kind, path) in enumerate(modules)]))  # fmt: skip


def run(folder, sentences_file):
    import numpy as np
    import torch
    from model2vec import StaticModel
    from sentence_transformers import SentenceTransformer

    torch.set_num_threads(1)
    sentences = json.loads(Path(sentences_file).read_text())
    transformer = SentenceTransformer(folder, device="cpu")
    static = StaticModel.from_pretrained(folder)
    engines = {
        "sentence-transformers": lambda: transformer.encode(sentences, batch_size=1024),
        "model2vec": lambda: static.encode(sentences, use_multiprocessing=False),
    }
    times = {name: [] for name in engines}
    for _ in range(4):
        for name, encode in engines.items():
            start = time.perf_counter()
            vectors = encode()
            times[name].append(time.perf_counter() - start)
            if name == "sentence-transformers":
                np.save(Path(folder) / "vectors.npy", np.asarray(vectors[:256], dtype="<f4"))
    print(json.dumps({name: len(sentences) / min(seconds[1:]) for name, seconds in times.items()}))


if __name__ == "__main__":
    {"make": make, "time": run}[sys.argv[1]](*sys.argv[2:])
