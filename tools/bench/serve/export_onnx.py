"""Writes MODEL with the ONNX file that infinity's engine "optimum" reads.

    python export_onnx.py MODEL OUT
"""

import shutil
import sys
import tempfile

from optimum.onnxruntime import ORTModelForFeatureExtraction

model, out = sys.argv[1:]
shutil.copytree(model, out, dirs_exist_ok=True)
with tempfile.TemporaryDirectory() as folder:
    ORTModelForFeatureExtraction.from_pretrained(model, export=True).save_pretrained(folder)
    shutil.copy(f"{folder}/model.onnx", out)
