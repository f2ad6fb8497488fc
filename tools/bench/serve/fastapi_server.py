"""A server of sentence-transformers by FastAPI, as its users write them: a model, a route, a thread for each request.

    python fastapi_server.py MODEL PORT
"""

import sys

import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer

model = SentenceTransformer(sys.argv[1], device="cpu")
app = FastAPI()


class Request(BaseModel):
    input: str | list[str]
    model: str | None = None


@app.get("/health")
def health():
    return {"status": "ok"}


# Not async: FastAPI runs it in a thread, so that other requests are taken meanwhile.
@app.post("/embeddings")
def embeddings(request: Request):
    texts = [request.input] if isinstance(request.input, str) else request.input
    vectors = model.encode(texts, normalize_embeddings=True)
    return {"data": [{"index": i, "embedding": vector.tolist()} for i, vector in enumerate(vectors)]}


uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[2]), log_level="warning")
