"""OpenVINO: the exported network in float32 or bfloat16, or as nncf quantized it (`dtype`).

Many texts go through two requests at once, each on half of the cores; one text through a network of its own, compiled
for latency. Both are compiled when they are first needed.
"""

import time

from protocol import batches, serve, settings

start = time.perf_counter()
import functools  # noqa: E402
import threading  # noqa: E402
from pathlib import Path  # noqa: E402

import numpy as np  # noqa: E402
import openvino  # noqa: E402
from tokenizers import Tokenizer  # noqa: E402

exported = Path(settings["exported"])
core = openvino.Core()
tokenizer = Tokenizer.from_file(str(exported / "tokenizer.json"))
tokenizer.enable_truncation(settings["maxTokens"])
pad = tokenizer.padding or {}
tokenizer.enable_padding(pad_id=pad.get("pad_id", 0), pad_token=pad.get("pad_token", "[PAD]"))
is_int8 = settings["dtype"] == "int8"
network = core.read_model(exported / ("openvino/int8.xml" if is_int8 else "onnx/model.onnx"))
names = [name.get_any_name() for name in network.inputs]
fields = {"input_ids": "ids", "attention_mask": "attention_mask", "token_type_ids": "type_ids"}


def compiled(hint):
    # Of the quantized network the rest is computed as OpenVINO chooses, in bfloat16 where the processor has it.
    precision = {} if is_int8 else {"INFERENCE_PRECISION_HINT": settings["dtype"]}
    return core.compile_model(network, "CPU", {"PERFORMANCE_HINT": hint, **precision})


def feeds(texts):
    encodings = tokenizer.encode_batch(texts)
    return {name: np.array([getattr(one, fields[name]) for one in encodings], dtype=np.int64) for name in names}


@functools.cache
def bulk():
    return openvino.AsyncInferQueue(compiled("THROUGHPUT"), 2)


@functools.cache
def single():
    return compiled("LATENCY").create_infer_request()


lock = threading.Lock()


def encode(texts):
    rows = [None] * len(texts)

    def keep(request, batch):
        for index, vector in zip(batch, request.get_output_tensor(0).data, strict=True):
            rows[index] = vector.copy()

    queue = bulk()
    queue.set_callback(keep)
    for batch in batches(texts):
        queue.start_async(feeds([texts[index] for index in batch]), batch)
    queue.wait_all()
    return rows


def encode_one(text):
    inputs = feeds([text])
    with lock:
        request = single()
        request.infer(inputs)
        return request.get_output_tensor(0).data[0].copy()


# A process for many texts doesn't pay for the network that is compiled for one.
(encode if settings["first"] == "many" else lambda texts: encode_one(texts[0]))([settings["text"]])
serve(start, ["openvino", "tokenizers", *(["nncf"] if is_int8 else [])], encode, encode_one)
