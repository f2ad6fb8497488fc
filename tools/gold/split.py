"""Gold for src/tokenizer/split.ts: random texts and the pieces that `Split` of Python's tokenizers makes of them.

    python tools/gold/split.py test/gold/split.json.gz [texts, 4000] [seed, 1]

The patterns are those of published tokenizers (Qwen, Llama 3, GPT-4, GPT-4o, DeepSeek, GPT-2) and some that backtrack.
With other numbers this is a fuzzer: HPD_SPLIT names its file to test/tokenizer/split.test.ts.
"""

import gzip
import json
import pathlib
import random
import sys

from tokenizers import Regex, pre_tokenizers

CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
UPPER, LOWER = r"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"
PATTERNS = [
    CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + REST,
    CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + REST,
    CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+",
    rf"[^\r\n\p{{L}}\p{{N}}]?{UPPER}*{LOWER}+{CONTRACTIONS}?|[^\r\n\p{{L}}\p{{N}}]?{UPPER}+{LOWER}*{CONTRACTIONS}?|\p{{N}}{{1,3}}" + REST.replace(r"\n]*", r"\n/]*"),
    r"""[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+""",
    "[一-龥぀-ゟ゠-ヿ]+",
    r"\p{N}{1,3}",
    r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    r"\s+",
    r"[\p{Lu}\p{L}]*[\p{Ll}\s]+[a-c]?x?(?=\S)|\s*\n",
    r"a*ab|(?:a|b)c{2,}|\P{L}{2,3}",
]
STRINGS = [" ", "a", "  ", "ab", "'s"]
BEHAVIORS = ["removed", "isolated", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
PARTS = ["'s", "'S", "'ſ", "'LL", "'ll", " ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u3000", "\u0085", "\u2028", "\ufeff", "\u200b", "1", "12", "1234", "½", "٣"]
PARTS += ["a", "ab", "Ab", "ABC", "é", "e\u0301", "漢字", "か", "ー", "😀", "👩\u200d👩", "!", "...", "/", "-", "_", "ǅ", "ʕ", "ʰ", "一", "\u088f", "c", "x", "aa", "\U000323b0"]


def text(chance):
    if chance.random() < 0.7:
        return "".join(chance.choice(PARTS) for _ in range(chance.randrange(1, 40)))
    codes = [chance.randrange(chance.choice([0x80, 0x3000, 0x30000, 0x110000])) for _ in range(chance.randrange(60))]
    return "".join(chr(code) if not 0xD800 <= code < 0xE000 else "A" for code in codes)


def main(target, count=4000, seed=1):
    chance = random.Random(int(seed))
    cases = []
    for _ in range(int(count)):
        kind = chance.choice(["Regex"] * 9 + ["String"])
        pattern = chance.choice(PATTERNS if kind == "Regex" else STRINGS)
        behavior, invert, content = chance.choice(BEHAVIORS), chance.random() < 0.2, text(chance)
        split = pre_tokenizers.Split(Regex(pattern) if kind == "Regex" else pattern, behavior, invert)
        behavior = "".join(word.capitalize() for word in behavior.split("_"))
        cases.append([{"pattern": {kind: pattern}, "behavior": behavior, "invert": invert}, content, [piece for piece, _ in split.pre_tokenize_str(content)]])
    with gzip.GzipFile(target, "wb", compresslevel=9, mtime=0) as file:
        file.write(json.dumps({"patterns": PATTERNS, "cases": cases}, ensure_ascii=False).encode())
    print(target, pathlib.Path(target).stat().st_size)


main(*sys.argv[1:])
