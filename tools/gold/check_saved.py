"""By hand: whether Python reads the model folders that `hpd` saves as `hpd` does, in whichever version this runs.

    check_saved.py FOLDER ...

Loads each folder here and with `hpd`, and compares the embeddings of the texts of test/gold/models, of a cross-encoder
the scores of pairs of them, to 1e-5, and looks for weights of the transformer that are missing or not used. Runs in sentence-transformers 2 to 6;
which were tried: docs/decisions/2026-11-25-saved-format.md. Versions before 5.4 strip texts, so these are stripped.
"""

import argparse
import json
import logging
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np
import sentence_transformers
import tokenizers
import torch
import transformers
from sentence_transformers import CrossEncoder, SentenceTransformer

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [text.strip() for text in json.loads((ROOT / "test/gold/models/mpnet.json").read_text("utf-8"))["sentences"]]


def embeddings_of_hpd(folder):
    with tempfile.TemporaryDirectory() as temporary:
        texts, output = Path(temporary) / "texts.jsonl", Path(temporary) / "embeddings.npy"
        texts.write_text("".join(json.dumps({"text": text}) + "\n" for text in TEXTS), encoding="utf-8")
        node = [ROOT / "node_modules/.bin/node", "--conditions", "hpd-source", ROOT / "src/cli/main.ts"]
        subprocess.run([*node, "encode", texts, "--model", folder, "--output", output, "--quiet"], check=True)
        return np.load(output)


def scores_of_hpd(folder, pairs):
    """Of a cross-encoder, without activation."""
    code = f"""import {{ CrossEncoder }} from "./src/cross-encoder/index.ts";
const model = await CrossEncoder.load({json.dumps(str(folder.resolve()))});
const scores = await model.predictLabels({json.dumps(pairs)}, {{ activationFn: "identity" }});
console.log(JSON.stringify(scores.map((row) => [...row])));
await model.dispose();"""
    node = [ROOT / "node_modules/.bin/node", "--conditions", "hpd-source", "--input-type=module-typescript", "-e", code]
    return np.array(json.loads(subprocess.run(node, check=True, cwd=ROOT, capture_output=True).stdout))


def is_cross_encoder(folder):
    file = folder / "config_sentence_transformers.json"
    return file.exists() and json.loads(file.read_text("utf-8")).get("model_type") == "CrossEncoder"


def check_cross_encoder(folder):
    pairs = list(zip(TEXTS, TEXTS[3:] + TEXTS[:3]))
    try:
        model = CrossEncoder(str(folder), device="cpu")
    except Exception as error:
        print(f"{folder}: {type(error).__name__}: {str(error)[:200]}")
        return False
    ours = scores_of_hpd(folder, pairs)
    theirs = model.predict(pairs, activation_fn=torch.nn.Identity()).reshape(ours.shape)
    _, info = type(model.model).from_pretrained(str(folder), output_loading_info=True)
    strange = {key: sorted(info[key]) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[key]}
    difference = np.abs(theirs - ours).max()
    print(f"{folder}: {difference:.1e} {type(model.activation_fn).__name__} {model.config.id2label} {strange or ''}")
    return difference < 1e-5 and not strange


def check(folder):
    """Prints a line; true where all is as it should be."""
    if is_cross_encoder(folder):
        return check_cross_encoder(folder)
    try:
        # transformers 5 would run half-precision weights in half.
        model = SentenceTransformer(str(folder), device="cpu").float()
    except Exception as error:
        print(f"{folder}: {type(error).__name__}: {str(error)[:200]}")
        return False
    difference = np.abs(model.encode(TEXTS) - embeddings_of_hpd(folder)).max()
    strange = {}
    if hasattr(model[0], "auto_model"):
        _, info = type(model[0].auto_model).from_pretrained(str(folder), output_loading_info=True)
        strange = {key: sorted(info[key]) for key in ("missing_keys", "unexpected_keys", "mismatched_keys") if info[key]}
    print(f"{folder}: {difference:.1e} {strange or ''}")
    return difference < 1e-5 and not strange


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)
    print(*(f"{module.__name__} {module.__version__}" for module in (sentence_transformers, transformers, tokenizers)))
    sys.exit(0 if all([check(folder) for folder in arguments.folders]) else 1)


if __name__ == "__main__":
    main()
