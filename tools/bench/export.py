"""Exports the transformer of sentence-transformers folders to the ONNX files that transformers.js reads.

    python tools/bench/export.py MODEL_FOLDER... OUTPUT

writes OUTPUT/<folder name>/: `onnx/model.onnx` (fp32), `onnx/model_quantized.onnx` (onnxruntime's dynamic int8
quantization) and the tokenizer's files. Only transformers that take `token_type_ids`, as BERT does. Mean-pooled outputs are checked against the Python library's: fp32 to 1e-4; int8's mean cosine is printed.
"""

import shutil
import sys
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from sentence_transformers import SentenceTransformer

INPUTS = ["input_ids", "attention_mask", "token_type_ids"]
COPIED = ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"]
SENTENCES = [
    "A man is playing a guitar.",
    "hi",
    "The vector space model represents documents as bags of words, and the order of the terms is lost.",
]


class LastHiddenState(torch.nn.Module):
    def __init__(self, transformer):
        super().__init__()
        self.transformer = transformer

    def forward(self, input_ids, attention_mask, token_type_ids):
        return self.transformer(
            input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
        ).last_hidden_state


def mean_pool(states, mask):
    weights = mask[..., None].astype(np.float32)
    return (states * weights).sum(1) / weights.sum(1)


def export(folder: Path, output: Path) -> None:
    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"})
    network = LastHiddenState(model[0].auto_model).eval()
    encoded = model.tokenizer(SENTENCES, padding=True, return_tensors="pt")
    example = tuple(encoded[name] for name in INPUTS)
    fp32, int8 = output / "onnx/model.onnx", output / "onnx/model_quantized.onnx"
    fp32.parent.mkdir(parents=True, exist_ok=True)
    # The TorchScript exporter, as the files on the Hub were made with it.
    torch.onnx.export(
        network,
        example,
        str(fp32),
        input_names=INPUTS,
        output_names=["last_hidden_state"],
        dynamic_axes={name: {0: "batch", 1: "sequence"} for name in [*INPUTS, "last_hidden_state"]},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(str(fp32), str(int8), weight_type=QuantType.QInt8)
    for name in COPIED:
        if (folder / name).exists():
            shutil.copy(folder / name, output / name)
    with torch.no_grad():
        expected = mean_pool(network(*example).numpy(), encoded["attention_mask"].numpy())
    feeds = {name: encoded[name].numpy() for name in INPUTS}
    results = {}
    for path in (fp32, int8):
        (states,) = onnxruntime.InferenceSession(str(path)).run(None, feeds)
        results[path] = mean_pool(states, feeds["attention_mask"])
    difference = np.abs(results[fp32] - expected).max()
    if difference > 1e-4:
        sys.exit(f"{fp32}: expected the Python library's pooled outputs to 1e-4, got a difference of {difference:.2g}")
    norms = np.linalg.norm(results[int8], axis=1) * np.linalg.norm(expected, axis=1)
    cosine = ((results[int8] * expected).sum(1) / norms).mean()
    print(f"{output}: fp32 differs by {difference:.2g} from Python; int8 has a mean cosine of {cosine:.4f} to it")


if __name__ == "__main__":
    *folders, target = map(Path, sys.argv[1:])
    if not folders:
        sys.exit("expected MODEL_FOLDER... OUTPUT, got one path or none")
    for source in folders:
        export(source, target / source.resolve().name)
