"""Makes a retrieval task in BEIR's form out of Debian's package descriptions: the one-line description of a package has
to find its long one among those of 10,000 packages. Technical prose, unlike what the default model was trained on.

Run: python tools/evaluation/debian-packages.py Translation-en.xz FOLDER
     hpd evaluate --tasks retrieval:FOLDER

Translation-en.xz: http://deb.debian.org/debian/dists/bookworm/main/i18n/Translation-en.xz
"""

import json
import lzma
import random
import sys
from pathlib import Path

source, folder = Path(sys.argv[1]), Path(sys.argv[2])
packages = {}
for paragraph in lzma.open(source, "rt", encoding="utf-8").read().split("\n\n"):
    name, short, long = None, None, []
    for line in paragraph.split("\n"):
        if line.startswith("Package: "):
            name = line.removeprefix("Package: ")
        elif line.startswith("Description-en: "):
            short = line.removeprefix("Description-en: ")
        elif short is not None and line.startswith(" "):
            long.append("" if line == " ." else line.strip())
    text = " ".join(" ".join(long).split())
    if name and short and len(text) >= 100:
        packages[name] = (short, text)

# Packages of one source often share a description: each counts once, so that there is one right answer.
unique = {}
for name, (short, text) in sorted(packages.items()):
    unique.setdefault(text, (name, short))
shorts = {}
for text, (name, short) in unique.items():
    shorts.setdefault(short, (name, text))
chosen = random.Random(1).sample(sorted(shorts), 10_000)

(folder / "qrels").mkdir(parents=True, exist_ok=True)
with (
    (folder / "corpus.jsonl").open("w", encoding="utf-8") as corpus,
    (folder / "queries.jsonl").open("w", encoding="utf-8") as queries,
    (folder / "qrels/test.tsv").open("w", encoding="utf-8") as qrels,
):
    qrels.write("query-id\tcorpus-id\tscore\n")
    for short in chosen:
        name, text = shorts[short]
        corpus.write(json.dumps({"_id": name, "title": "", "text": text}) + "\n")
        queries.write(json.dumps({"_id": name, "text": short}) + "\n")
        qrels.write(f"{name}\t{name}\t1\n")
print(f"{folder}: {len(chosen)} of {len(packages)} packages")
