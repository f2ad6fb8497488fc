"""Writes test/gold/default-model.json: how sentence-transformers encodes a few texts with the model that lies in
models/, in float32.

Run: python tools/gold/default-model.py
"""

import json
from pathlib import Path

import sentence_transformers
from sentence_transformers import SentenceTransformer

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = [
    "He plays guitar.",
    "A street vendor is outside.",
    "A man is playing a stringed instrument.",
    "How do I reset my password?",
    "I've forgotten my login details, what now?",
    "",
    "Ünïcödé, 漢字 and emoji 🎸",
    "word " * 400,
]

[folder] = (ROOT / "models").iterdir()
model = SentenceTransformer(str(folder), device="cpu")
gold = {
    "versions": {"sentence-transformers": sentence_transformers.__version__},
    "model": folder.name,
    "sentences": SENTENCES,
    "embeddings": [[round(float(x), 7) for x in row] for row in model.encode(SENTENCES)],
}
path = ROOT / "test/gold/default-model.json"
path.write_text(json.dumps(gold, ensure_ascii=False) + "\n", encoding="utf-8")
print(f"{path}: {path.stat().st_size} bytes")
