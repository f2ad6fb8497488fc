"""The protocol of bench/engines/serve-encoder.ts, for engines in Python: JSON lines, commands on stdin, answers on stdout.

Only the standard library is imported, so that what an engine imports after `start` is its own.
"""

import array
import importlib.metadata
import json
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

settings = json.loads(sys.argv[1])
# Ctrl-C is for the benchmark, at whose end stdin ends.
signal.signal(signal.SIGINT, signal.SIG_IGN)


def batches(texts, most=32, characters=9_000):
    """Indices of texts of like length, the longest first: at most `most` a batch and `characters` with the padding."""
    batch = []
    for index in sorted(range(len(texts)), key=lambda index: -len(texts[index])):
        if batch and (len(batch) == most or len(texts[batch[0]]) * (len(batch) + 1) > characters):
            yield batch
            batch = []
        batch.append(index)
    if batch:
        yield batch


def peak_mib():
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")), None)


def read(path, count=None):
    texts = json.loads(Path(path).read_text(encoding="utf-8"))
    return texts if count is None else [texts[index % len(texts)] for index in range(count)]


def timed(work, *arguments):
    """The result, and how many milliseconds it took."""
    begin = time.perf_counter()
    result = work(*arguments)
    return result, (time.perf_counter() - begin) * 1000


class Commands:
    def __init__(self, encode, encode_one):
        self._encode, self._encode_one = encode, encode_one

    def encode(self, path, count=None, out=None):
        texts = read(path, count)
        rows, milliseconds = timed(self._encode, texts)
        if out is not None:
            with open(out, "wb") as file:
                for row in rows:
                    array.array("f", row.tolist()).tofile(file)
        return {"seconds": milliseconds / 1000, "peakMiB": peak_mib()}

    def queries(self, path):
        return {"milliseconds": [timed(self._encode_one, text)[1] for text in read(path)]}

    def beside(self, path, count, queries, wait, pause):
        texts, queries = read(path, count), read(queries)
        seconds = []
        bulk = threading.Thread(target=lambda: seconds.append(timed(self._encode, texts)[1] / 1000))
        bulk.start()
        time.sleep(wait / 1000)
        milliseconds = []
        while bulk.is_alive():
            milliseconds.append(timed(self._encode_one, queries[len(milliseconds) % len(queries)])[1])
            time.sleep(pause / 1000)
        bulk.join()
        return {"seconds": seconds[0], "milliseconds": milliseconds}

    def callers(self, path, count, callers):
        texts = read(path, count)
        with ThreadPoolExecutor(callers) as pool:
            _, milliseconds = timed(lambda: list(pool.map(self._encode_one, texts)))
        return {"seconds": milliseconds / 1000}


def serve(start, packages, encode, encode_one):
    """Says how long the first vector took since `start`, then answers until stdin ends.

    `encode` gives an embedding for each of many texts, `encode_one` that of one.
    """
    versions = {package: importlib.metadata.version(package) for package in packages}
    first = {"firstVectorMs": (time.perf_counter() - start) * 1000, "versions": versions}
    print(json.dumps(first), flush=True)
    commands = Commands(encode, encode_one)
    for line in sys.stdin:
        request = json.loads(line)
        print(json.dumps(getattr(commands, request.pop("command"))(**request)), flush=True)
