"""fastembed: the exported network as a custom model; pooling is in the network."""

import time

from protocol import batches, serve, settings

start = time.perf_counter()
from fastembed import TextEmbedding  # noqa: E402
from fastembed.common.model_description import ModelSource, PoolingType  # noqa: E402

name = "local/exported"
TextEmbedding.add_custom_model(
    model=name,
    pooling=PoolingType.DISABLED,
    normalization=False,
    sources=ModelSource(hf=name),
    dim=settings["dimension"],
    model_file="onnx/model.onnx",
)
model = TextEmbedding(name, specific_model_path=settings["exported"])


def encode(texts):
    rows = [None] * len(texts)
    for batch in batches(texts, most=16, characters=4_500):
        vectors = model.embed([texts[index] for index in batch], batch_size=len(batch))
        for index, vector in zip(batch, vectors, strict=True):
            rows[index] = vector
    return rows


def encode_one(text):
    return next(iter(model.embed([text])))


encode_one(settings["text"])
serve(start, ["fastembed", "onnxruntime"], encode, encode_one)
