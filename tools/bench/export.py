"""Makes of a sentence-transformers folder what the other runtimes read.

    python tools/bench/export.py MODEL OUTPUT CALIBRATION.json

writes, where the packages are installed:
    OUTPUT/onnx/model.onnx              all modules, from token ids to `sentence_embedding`, in float32 (torch)
    OUTPUT/onnx/model_quantized.onnx    dynamic int8, a scale for each column of weights (onnxruntime)
    OUTPUT/openvino/int8.xml            ranges of the texts of CALIBRATION, SmoothQuant (openvino, nncf)
and the tokenizer's files. float32 is checked against the Python library, to 1e-4.
"""

import importlib.util
import json
import shutil
import sys
from pathlib import Path

COPIED = ["config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "vocab.txt"]


def export(folder, output, texts):
    import numpy as np
    import onnxruntime
    import torch
    from onnxruntime.quantization import QuantType, quantize_dynamic
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(folder), device="cpu", model_kwargs={"attn_implementation": "eager"}).eval()
    # Two of very different lengths: what is true of one batch alone must not become part of the network.
    batches = [texts[:4], [" ".join(texts[4:24])]]
    encoded = [model.tokenizer(batch, padding=True, truncation=True, return_tensors="pt") for batch in batches]
    names = list(encoded[0])

    class Whole(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.modules_in_order = torch.nn.ModuleList(model)

        def forward(self, *inputs):
            features = dict(zip(names, inputs, strict=True))
            for module in self.modules_in_order:
                features = module(features)
            return features["sentence_embedding"]

    onnx = output / "onnx/model.onnx"
    onnx.parent.mkdir(parents=True)
    # The TorchScript exporter, as the files on the Hub were made with it.
    torch.onnx.export(
        Whole(),
        tuple(encoded[0][name] for name in names),
        str(onnx),
        input_names=names,
        output_names=["sentence_embedding"],
        dynamic_axes={**{name: {0: "batch", 1: "sequence"} for name in names}, "sentence_embedding": {0: "batch"}},
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(onnx, output / "onnx/model_quantized.onnx", weight_type=QuantType.QInt8, per_channel=True)
    for name in COPIED:
        if (folder / name).exists():
            shutil.copy(folder / name, output / name)
    session = onnxruntime.InferenceSession(str(onnx))
    for batch, inputs in zip(batches, encoded, strict=True):
        (got,) = session.run(None, {name: inputs[name].numpy() for name in names})
        difference = np.abs(got - model.encode(batch)).max()
        if difference > 1e-4:
            sys.exit(f"{onnx}: expected the Python library's embeddings to 1e-4, got a difference of {difference:.2g}")
    return lambda text: {name: value.numpy() for name, value in model.tokenizer(
        [text], truncation=True, return_tensors="pt").items()}  # fmt: skip


def quantize_for_openvino(output, texts, inputs_of):
    import nncf
    import openvino

    quantized = nncf.quantize(
        openvino.Core().read_model(output / "onnx/model.onnx"),
        nncf.Dataset(texts, inputs_of),
        model_type=nncf.ModelType.TRANSFORMER,
        subset_size=len(texts),
    )
    openvino.save_model(quantized, output / "openvino/int8.xml", compress_to_fp16=False)


if __name__ == "__main__":
    source, target, calibration = map(Path, sys.argv[1:])
    calibration_texts = json.loads(calibration.read_text(encoding="utf-8"))
    # Where the process is killed nothing stands under the name that the benchmark looks for.
    partial = target.with_name(f"{target.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    read = export(source, partial, calibration_texts)
    if importlib.util.find_spec("nncf") is not None and importlib.util.find_spec("openvino") is not None:
        quantize_for_openvino(partial, calibration_texts, read)
    partial.rename(target)
