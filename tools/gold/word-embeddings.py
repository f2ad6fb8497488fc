"""Tiny models of WordEmbeddings, a WhitespaceTokenizer and a Pooling, and what sentence-transformers says of them.

Purpose: the form in which average_word_embeddings_glove.6B.300d and its kin lie on the hub, and the one that is saved now.
Source: sentence-transformers in the version of requirements.txt, float32 on the CPU. Usage, format: README.md, models.py.
"""

import json
import shutil
import warnings

import torch
from models import FIXTURES, SENTENCES, write_json
from modules import table, write
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, WordEmbeddings
from sentence_transformers.sentence_transformer.modules.tokenizer import WhitespaceTokenizer

NAME, OLD = "word-embeddings", "word-embeddings-as-published"
# Row 0 isn't zero here, as from_text_file makes it: padding must not count. A word twice has its last row.
WORDS = ["PADDING_TOKEN", "man", "playing", "large", "flute", "woman", "onion", "the", "quick", "Fox", "fox", "dog", "dogs",
         "Two", "park", "hello", "hello,", "world", "2024", "$19.99", "20", "don't", "idea", "well-known", "café", "zürich",
         "中文", "🙂", "capital", "France", "france", "state", "(or", "special", "the", "is", "[PAD]", "?", "what"]  # fmt: skip
TEXT = [i for i, text in enumerate(SENTENCES) if text.strip() not in ("", "[UNK]")][:5]


def make():
    for name in (NAME, OLD):
        shutil.rmtree(FIXTURES / name, ignore_errors=True)
    words = WordEmbeddings(WhitespaceTokenizer(WORDS, stop_words=["an", "is", "the", "?"]), table(len(WORDS), 12, 41))
    model = SentenceTransformer(modules=[words, Pooling(12, "mean")], device="cpu", prompts={"query": "what is ", "document": ""})
    model.save(str(FIXTURES / NAME), create_model_card=False)
    tokenizer = FIXTURES / NAME / "whitespacetokenizer_config.json"
    config = json.loads(tokenizer.read_text())
    write_json(tokenizer, {**config, "vocab": WORDS, "stop_words": sorted(config["stop_words"])})
    folder = FIXTURES / OLD / "0_WordEmbeddings"
    folder.mkdir(parents=True)
    torch.save({"emb_layer.weight": table(len(WORDS), 12, 42)}, folder / "pytorch_model.bin")
    shutil.copy(tokenizer, folder)
    path = "sentence_transformers.models.tokenizer.WhitespaceTokenizer.WhitespaceTokenizer"
    write_json(folder / "wordembedding_config.json",
               {"tokenizer_class": path, "update_embeddings": False, "max_seq_length": 1000000})  # fmt: skip
    write_json(FIXTURES / OLD / "1_Pooling/config.json", {
        "word_embedding_dimension": 12, "pooling_mode_cls_token": False, "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False, "pooling_mode_mean_sqrt_len_tokens": False})  # fmt: skip
    write_json(FIXTURES / OLD / "modules.json", [
        {"idx": i, "name": str(i), "path": f"{i}_{kind}", "type": f"sentence_transformers.models.{kind}"}
        for i, kind in enumerate(["WordEmbeddings", "Pooling"])])  # fmt: skip


def make_gold():
    files = ("wordembedding_config.json", "whitespacetokenizer_config.json")
    words, split = (json.loads((FIXTURES / NAME / name).read_text()) for name in files)

    def pooled(mode, **more):
        return {"files": {"1_Pooling/config.json": {"embedding_dimension": 12, "pooling_mode": mode, **more}}}

    def configured(**changes):
        return {"files": {files[0]: {**words, **changes}}}

    def tokenized(**changes):
        return {"files": {files[1]: {**split, **changes}}}

    query = {"method": "encode_query"}
    write(NAME, {
        "as it lies": {}, "query": query, "tokens": {"tokens": True, "sentences": TEXT},
        "cls": pooled("cls"), "last": pooled("lasttoken"), "weighted": pooled("weightedmean"), "root": pooled("mean_sqrt_len_tokens"),
        "max": {**pooled("max"), "sentences": TEXT}, "two": {**pooled(["mean", "max"]), "sentences": TEXT},
        "without the prompt": {**pooled("mean", include_prompt=False), **query},
        "three words": configured(max_seq_length=3), "no longest": configured(max_seq_length=None),
        "trained": configured(update_embeddings=True), "unknown key": configured(dropout=0.1),
        "phrases": configured(tokenizer_class=words["tokenizer_class"].replace("whitespace.W", "phrase.P").replace("hitespaceT", "hraseT")),
        "lower case": tokenized(do_lower_case=True), "no stop words": tokenized(stop_words=[]),
        "unknown key of the tokenizer": tokenized(strip=True), "words beyond the rows": tokenized(vocab=[*WORDS, "A"]),
    })  # fmt: skip
    write(OLD, {"as it lies": {}, "normalized": {"options": {"normalize_embeddings": True}}})


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    make()
    make_gold()
