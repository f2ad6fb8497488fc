"""Tiny model folders (test/fixtures/models) and what sentence-transformers says of them (test/gold/models).

Purpose: every folder layout, architecture, pooling mode, activation and encode option that `hpd` supports has one
reference made by the Python library. Weights are random and seeded: the numbers mean nothing, their equality does.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt, float32 on the CPU.
Limits: no pretrained weights, no downloads. Usage and the gold format: README.md beside this file.
"""

import argparse
import base64
import gzip
import hashlib
import json
import logging
import re
import shutil
import tempfile
import unicodedata
import warnings
from pathlib import Path

import numpy as np
import safetensors.torch
import sentence_transformers
import tokenizers
import torch
import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE, Unigram, WordPiece

ROOT = Path(__file__).resolve().parents[2]
FIXTURES, GOLD = ROOT / "test/fixtures/models", ROOT / "test/gold/models"
VERSIONS = {m.__name__: m.__version__ for m in (sentence_transformers, transformers, tokenizers, torch, np)}
FLOAT32 = {"model_kwargs": {"dtype": torch.float32}}  # transformers 5 would run half-precision weights in half
MAX_JSON = 100_000  # bytes; larger gold is gzipped
SENTENCES = [
    "A man is playing a large flute.",
    "A woman is slicing an onion.",
    "The quick brown fox jumps over the lazy dog.",
    "Two dogs run in the park, and a third one sleeps!",
    "hello",
    "",
    " \t\n ",
    "  Hello,   World?  ",
    "Unbelievable internationalization of 2024 prices: $19.99 (or 20%)",
    "Café Zürich naïve façade déjà vu",
    "中文 and 日本語 mixed with English",
    "🙂 an emoji 👩‍💻 joined",
    "don't you think it's a well-known state-of-the-art idea?",
    "the the the the the the",
    "A MAN IS PLAYING A LARGE FLUTE.",
    "What is the capital of France?",
    "In the park the quick man is playing with two dogs, and the woman is slicing an onion while the lazy fox jumps "
    "over a large flute; hello world, what is the idea of a well known art in the capital of France, and don't you "
    "think one of the dogs sleeps while the third one is mixed with the man of the state? The world is large, and a "
    "woman and a man in the park think of prices and of art, and of the capital, over and over and over and over, and "
    "the dog jumps over the fox while two of the men run with the flute and the onion in the quick brown world of art.",
    "special <pad> tokens [PAD] in the text <mask> [MASK] </s> [SEP] spelled out",
]

# --- tokenizers: one tiny vocabulary, spelled three ways ------------------------------------------------------------


def plain(text):
    """Lower-cased, without accents."""
    return "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))


WORDS = list(dict.fromkeys(re.findall(r"[a-z]+", plain(" ".join(SENTENCES[:4] + SENTENCES[12:16])))))
CHARACTERS = "abcdefghijklmnopqrstuvwxyz0123456789.,;:!?'$%()-中文日本語"
PIECES = [*CHARACTERS, *("##" + c for c in CHARACTERS[:36]), *(w for w in WORDS if len(w) > 1)]
PIECES += ["##ing", "##ed", "##er", "##ly", "##tion", "##al", "inter", "hello", "world"]


def wordpiece(kind):
    """`bert` or `mpnet`: tokenizer, vocabulary in id order, transformers' class, special-token settings."""
    if kind == "bert":
        vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES]
        special = dict(unk_token="[UNK]", sep_token="[SEP]", pad_token="[PAD]", cls_token="[CLS]", mask_token="[MASK]")
    else:
        vocabulary = ["<s>", "<pad>", "</s>", "<unk>", "[UNK]", *PIECES, "<mask>"]
        special = dict(bos_token="<s>", eos_token="</s>", unk_token="[UNK]", sep_token="</s>", pad_token="<pad>",
                       cls_token="<s>", mask_token="<mask>")  # fmt: skip
    tokenizer = Tokenizer(WordPiece({t: i for i, t in enumerate(vocabulary)}, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece(prefix="##")
    cls, sep = special["cls_token"], special["sep_token"]
    ids = [(cls, vocabulary.index(cls)), (sep, vocabulary.index(sep))]
    if kind == "bert":
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{cls} $A {sep}", pair=f"{cls} $A {sep} $B:1 {sep}:1", special_tokens=ids
        )
    else:
        tokenizer.post_processor = processors.RobertaProcessing(ids[1], ids[0], True, False)
    return tokenizer, vocabulary, {"bert": "BertTokenizer", "mpnet": "MPNetTokenizer"}[kind], special


ROBERTA_SPECIAL = dict(bos_token="<s>", eos_token="</s>", unk_token="<unk>", sep_token="</s>", pad_token="<pad>",
                       cls_token="<s>", mask_token="<mask>")  # fmt: skip


def byte_level_bpe():
    """RoBERTa: all bytes, and merges that build the commonest words letter by letter."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = ["Ġ" + w for w in WORDS if len(w) > 1][:30] + ["Ġplaying", "Ġdogs", "The", "hello"]
    merges = list(dict.fromkeys((w[:i], w[i]) for w in words for i in range(1, len(w))))
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *alphabet, *(a + b for a, b in merges), "<mask>"]
    tokenizer = Tokenizer(BPE({t: i for i, t in enumerate(vocabulary)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), True, False)
    return tokenizer, vocabulary, merges


def unigram():
    """XLM-R: characters with low scores, words with high ones; no character map (its normalizer is the identity)."""
    words = ["▁" + w for w in WORDS if len(w) > 1] + ["▁", "▁A", "▁The", "▁a", "ing", "tion", "s", "▁hello"]
    scored = {w: -3.0 - 0.05 * i for i, w in enumerate(words)}
    scored |= {c: -8.0 - 0.01 * i for i, c in enumerate(CHARACTERS + "ABCDEFGHIJKLMNOPQRSTUVWXYZéüçà") if c not in scored}
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *scored.items(), ("<mask>", 0.0)]
    tokenizer = Tokenizer(Unigram(vocabulary, unk_id=3, byte_fallback=False))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer, [t for t, _ in vocabulary]


def write_json(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def write_tokenizer(folder, tokenizer, special, settings, files=("tokenizer.json",)):
    """`tokenizer.json` (compact) and the configs; `files` says which of the vocabulary files the folder has."""
    if "tokenizer.json" in files:
        tokenizer.add_special_tokens(
            [tokenizers.AddedToken(t, special=True, normalized=False, lstrip=t == "<mask>")
             for t in sorted(set(special.values()), key=tokenizer.token_to_id)]  # fmt: skip
        )
        tokenizer.save(str(folder / "tokenizer.json"), pretty=False)
    if "vocab.txt" in files:
        tokens = sorted(tokenizer.get_vocab().items(), key=lambda entry: entry[1])
        (folder / "vocab.txt").write_text("".join(f"{t}\n" for t, _ in tokens), encoding="utf-8")
    write_json(folder / "tokenizer_config.json", {**special, **settings})


# --- weights --------------------------------------------------------------------------------------------------------


def randomise(module, seed):
    """All parameters, biases, gains and padding rows too, from numpy's generator (stable across torch versions)."""
    random = np.random.default_rng(seed)
    for name, parameter in sorted(module.named_parameters()):
        noise = random.standard_normal(tuple(parameter.shape))
        if re.search(r"(LayerNorm|layer_norm|norm)\.weight$", name):
            value = 1 + 0.3 * noise
        elif parameter.ndim == 1:
            value = 0.3 * noise
        elif "embeddings" in name or "relative_attention_bias" in name:
            value = 0.5 * noise
        else:
            value = noise * 1.2 / parameter.shape[1] ** 0.5
        parameter.data = torch.from_numpy(value).float()
    return module.eval()


def linear_module(folder, weights, config):
    write_json(folder / "config.json", config)
    tensors = {k: torch.from_numpy(v.astype(np.float32)) for k, v in weights.items()}
    safetensors.torch.save_file(tensors, folder / "model.safetensors")


def dense_config(in_features, out_features, **more):
    return {"in_features": in_features, "out_features": out_features, "bias": True,
            "activation_function": "torch.nn.modules.activation.Tanh", **more}  # fmt: skip


def modules_json(*modules, generation="models"):
    """`("Pooling", "1_Pooling")`, ... as modules.json, with the class paths of one of the four generations."""
    shared = ("Transformer", "Dense", "Normalize")  # the others stayed in sentence_transformer.modules

    def path_of(name):
        room = "base.modules" if name in shared else "sentence_transformer.modules"
        file = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
        return {"base.modules.file": f"{room}.{file}", "base.modules": room}.get(generation, generation)

    return [
        {"idx": i, "name": str(i), "path": path, "type": f"sentence_transformers.{path_of(name)}.{name}"}
        for i, (name, path) in enumerate((("Transformer", ""), *modules))
    ]


def old_pooling(dimension, mode="mean_tokens"):
    keys = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens")
    return {"word_embedding_dimension": dimension} | {f"pooling_mode_{key}": key == mode for key in keys}


ST_CONFIG = {"__version__": {"sentence_transformers": "2.2.2", "transformers": "4.20.1", "pytorch": "1.12.0"}}


def old_layout(folder, model, tokenizer, special, seed, out_features, extra=()):
    """The layout of Xuandong/HPD-TinyBERT-F128: zip pickles, old keys, a `position_ids` buffer."""
    folder.mkdir(parents=True, exist_ok=True)
    c = model.config
    state = {"embeddings.position_ids": torch.arange(c.max_position_embeddings).unsqueeze(0), **model.state_dict()}
    torch.save(state, folder / "pytorch_model.bin")
    write_json(folder / "config.json", {
        "architectures": ["BertModel"], "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
        "hidden_dropout_prob": 0.1, "hidden_size": c.hidden_size, "initializer_range": 0.02,
        "intermediate_size": c.intermediate_size, "layer_norm_eps": 1e-12,
        "max_position_embeddings": c.max_position_embeddings, "model_type": "bert",
        "num_attention_heads": c.num_attention_heads, "num_hidden_layers": c.num_hidden_layers, "pad_token_id": 0,
        "position_embedding_type": "absolute", "torch_dtype": "float32", "transformers_version": "4.20.1",
        "type_vocab_size": 2, "use_cache": True, "vocab_size": c.vocab_size})  # fmt: skip
    settings = {"do_lower_case": True, "model_max_length": 512, "strip_accents": None, "tokenize_chinese_chars": True,
                "tokenizer_class": "BertTokenizer"}  # fmt: skip
    write_tokenizer(folder, tokenizer, special, settings, ("tokenizer.json", "vocab.txt"))
    write_json(folder / "special_tokens_map.json", special)
    write_json(folder / "config_sentence_transformers.json", ST_CONFIG)
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": 128, "do_lower_case": False})
    write_json(folder / "modules.json", modules_json(("Pooling", "1_Pooling"), ("Dense", "2_Dense")))
    write_json(folder / "1_Pooling/config.json", old_pooling(c.hidden_size))
    write_json(folder / "2_Dense/config.json", dense_config(c.hidden_size, out_features))
    dense = randomise(torch.nn.ModuleDict({"linear": torch.nn.Linear(c.hidden_size, out_features)}), seed + 1)
    torch.save(dense.state_dict(), folder / "2_Dense/pytorch_model.bin")


def bert_config(vocabulary_size, **more):
    return transformers.BertConfig(**{"vocab_size": vocabulary_size, "hidden_size": 16, "num_hidden_layers": 2,
                                      "num_attention_heads": 2, "intermediate_size": 48,
                                      "max_position_embeddings": 64, **more})  # fmt: skip


def mean_pooling_folder(name, dimension, max_seq_length, old=True):
    """What sentence-transformers adds to a transformers folder, with old keys or with those of today."""
    folder = FIXTURES / name
    pooling = old_pooling(dimension) if old else {"embedding_dimension": dimension, "pooling_mode": "mean",
                                                   "include_prompt": True}  # fmt: skip
    write_json(folder / "1_Pooling/config.json", pooling)
    write_json(folder / "modules.json", modules_json(("Pooling", "1_Pooling")))
    write_json(folder / "sentence_bert_config.json", {"max_seq_length": max_seq_length, "do_lower_case": False})
    return folder


# --- the fixtures ---------------------------------------------------------------------------------------------------


def make_hpd():
    tokenizer, vocabulary, _, special = wordpiece("bert")
    config = bert_config(len(vocabulary), hidden_size=24, num_hidden_layers=4, num_attention_heads=12,
                         max_position_embeddings=128)  # fmt: skip
    model = randomise(transformers.BertModel(config), 1)
    old_layout(FIXTURES / "hpd-tinybert-like", model, tokenizer, special, 1, 8)


def make_bert():
    """As sentence-transformers saves it today, and beside it the module folders that the variants name."""
    folder = FIXTURES / "bert"
    tokenizer, vocabulary, name, special = wordpiece("bert")
    with tempfile.TemporaryDirectory() as temporary:
        randomise(transformers.BertModel(bert_config(len(vocabulary))), 2).save_pretrained(temporary)
        write_tokenizer(Path(temporary), tokenizer, special, {"tokenizer_class": name, "model_max_length": 64})
        transformer = Transformer(temporary, max_seq_length=48)
        model = SentenceTransformer(modules=[transformer, Pooling(16, "mean")], device="cpu")
        model.save(str(folder), create_model_card=False)
    random = np.random.default_rng(3)
    normal = lambda *shape: random.standard_normal(shape) * (1.0 if len(shape) == 2 else 0.3)  # noqa: E731
    weight, bias, square, residual = normal(8, 16), normal(8), normal(16, 16), normal(8, 16)
    linear = {"linear.weight": weight, "linear.bias": bias}
    linear_module(folder / "2_Dense", linear, dense_config(16, 8))
    linear_module(folder / "2_Dense_no_bias", {"linear.weight": weight}, dense_config(16, 8, bias=False))
    squared = {"linear.weight": square, "linear.bias": normal(16)}
    linear_module(folder / "2_Dense_square", squared, dense_config(16, 16, use_residual=True))
    projected = linear | {"residual.weight": residual}
    linear_module(folder / "2_Dense_residual", projected, dense_config(16, 8, use_residual=True))
    norm = {"norm.weight": 1 + normal(16), "norm.bias": normal(16)}
    linear_module(folder / "2_LayerNorm", norm, {"dimension": 16})


def make_bert_plain():
    """A transformers folder: `bert.` prefix, heads, and LayerNorm's gain and bias by their first names."""
    folder = FIXTURES / "bert-plain"
    tokenizer, vocabulary, name, special = wordpiece("bert")
    model = randomise(transformers.BertForPreTraining(bert_config(len(vocabulary))), 4)
    model.save_pretrained(folder)
    state = safetensors.torch.load_file(folder / "model.safetensors")
    rename = {".LayerNorm.weight": ".LayerNorm.gamma", ".LayerNorm.bias": ".LayerNorm.beta"}
    state = {re.sub(r"\.LayerNorm\.\w+$", lambda m: rename[m[0]], key): value for key, value in state.items()}
    safetensors.torch.save_file(state, folder / "model.safetensors", {"format": "pt"})
    write_tokenizer(folder, tokenizer, special, {"tokenizer_class": name, "model_max_length": 512})


def make_roberta():
    """Saved from a masked language model: `roberta.` prefix and `lm_head` weights; no pooler."""
    folder = mean_pooling_folder("roberta", 16, 60)
    tokenizer, vocabulary, merges = byte_level_bpe()
    config = transformers.RobertaConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2,
                                        num_attention_heads=4, intermediate_size=48, max_position_embeddings=66,
                                        type_vocab_size=1, layer_norm_eps=1e-5)  # fmt: skip
    randomise(transformers.RobertaForMaskedLM(config), 5).save_pretrained(folder)
    settings = {"tokenizer_class": "RobertaTokenizer", "model_max_length": 64, "add_prefix_space": False}
    write_tokenizer(folder, tokenizer, ROBERTA_SPECIAL, settings)
    vocab = json.dumps({t: i for i, t in enumerate(vocabulary)}, ensure_ascii=False)
    (folder / "vocab.json").write_text(vocab, encoding="utf-8")
    lines = "".join(f"{a} {b}\n" for a, b in merges)
    (folder / "merges.txt").write_text("#version: 0.2\n" + lines, encoding="utf-8")


def make_xlm_roberta():
    """No prefix; safetensors in several shards with an index."""
    folder = mean_pooling_folder("xlm-roberta", 16, 64)
    tokenizer, vocabulary = unigram()
    config = transformers.XLMRobertaConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2,
                                           num_attention_heads=2, intermediate_size=48, max_position_embeddings=66,
                                           type_vocab_size=1, layer_norm_eps=1e-5)  # fmt: skip
    randomise(transformers.XLMRobertaModel(config), 6).save_pretrained(folder, max_shard_size="16KB")
    write_tokenizer(folder, tokenizer, ROBERTA_SPECIAL,
                    {"tokenizer_class": "XLMRobertaTokenizer", "model_max_length": 64})  # fmt: skip


def make_distilbert():
    """Saved from a masked language model: `distilbert.` prefix; a zip pickle; vocab.txt without tokenizer.json."""
    folder = mean_pooling_folder("distilbert", 16, 64)
    tokenizer, vocabulary, _, special = wordpiece("bert")
    config = transformers.DistilBertConfig(vocab_size=len(vocabulary), dim=16, n_layers=2, n_heads=4, hidden_dim=48,
                                           max_position_embeddings=64, architectures=["DistilBertForMaskedLM"])  # fmt: skip
    torch.save(randomise(transformers.DistilBertForMaskedLM(config), 7).state_dict(), folder / "pytorch_model.bin")
    config.save_pretrained(folder)
    settings = {"tokenizer_class": "DistilBertTokenizer", "do_lower_case": True, "model_max_length": 512}
    write_tokenizer(folder, tokenizer, special, settings, ("vocab.txt",))


def make_mpnet():
    """Half-precision weights; relative position bias shared by the layers."""
    folder = mean_pooling_folder("mpnet", 16, 64, old=False)
    tokenizer, vocabulary, name, special = wordpiece("mpnet")
    config = transformers.MPNetConfig(vocab_size=len(vocabulary), hidden_size=16, num_hidden_layers=2,
                                      num_attention_heads=2, intermediate_size=48, max_position_embeddings=66,
                                      layer_norm_eps=1e-5, relative_attention_num_buckets=32)  # fmt: skip
    randomise(transformers.MPNetModel(config), 8).half().save_pretrained(folder)
    write_tokenizer(folder, tokenizer, special, {"tokenizer_class": name, "model_max_length": 64})

def full_size(folder, vocabulary_file):
    """TinyBERT-L4-H312 with mean pooling and Dense 312 -> 128, old layout; outside the repository."""
    vocabulary = vocabulary_file.read_text(encoding="utf-8").splitlines()
    tokenizer, _, _, special = wordpiece("bert")
    tokenizer.model = WordPiece({t: i for i, t in enumerate(vocabulary)}, unk_token="[UNK]")
    ids = [("[CLS]", vocabulary.index("[CLS]")), ("[SEP]", vocabulary.index("[SEP]"))]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ids
    )
    config = bert_config(len(vocabulary), hidden_size=312, num_hidden_layers=4, num_attention_heads=12,
                         intermediate_size=1200, max_position_embeddings=512)  # fmt: skip
    old_layout(folder, randomise(transformers.BertModel(config), 9), tokenizer, special, 9, 128)


# --- gold -----------------------------------------------------------------------------------------------------------


def rounded(values):
    """Nested lists; floats to 8 significant digits, which names a float32 to within its last bit or two."""
    if isinstance(values, torch.Tensor | np.ndarray):
        values = values.tolist()
    if isinstance(values, list):
        return [rounded(value) for value in values]
    return float(f"{values:.8g}") if isinstance(values, float) else values


def load(folder, files, temporary):
    """The model in `folder` with `files` (path -> JSON, or None to leave the file out) laid over it."""
    target = Path(temporary) / "model"
    shutil.copytree(folder, target)
    for path, value in (files or {}).items():
        if value is None:
            (target / path).unlink()
        else:
            write_json(target / path, value)
    return SentenceTransformer(str(target), device="cpu", **FLOAT32)


class Gold:
    """Collects the cases of one model folder and writes them."""

    def __init__(self, name, folder=None):
        self.name, self.folder = name, folder or FIXTURES / name
        self.cases = []
        with tempfile.TemporaryDirectory() as temporary:
            model = load(self.folder, None, temporary)
            self.ids = [model.tokenizer(s, truncation=True)["input_ids"] for s in SENTENCES]

    def case(self, name, files=None, indices=None, method="encode", similarity=None, **options):
        case = {"name": name}
        case |= {k: v for k, v in {"files": files, "sentences": indices, "options": options}.items() if v}
        if method != "encode":
            case["method"] = method
        texts = [SENTENCES[i] for i in indices] if indices else SENTENCES
        with tempfile.TemporaryDirectory() as temporary:
            try:
                model = load(self.folder, files, temporary)
                result = getattr(model, method)(texts, **options)
                if similarity:
                    left, right = torch.from_numpy(result[: len(texts) // 2]), torch.from_numpy(result[len(texts) // 2 :])
                    case["similarity"] = rounded(model.similarity(left, right))
                    case["similarityPairwise"] = rounded(model.similarity_pairwise(left, right))
            except Exception as error:  # what Python raises is gold too
                message = str(error).replace(temporary, "").splitlines() or [""]
                first = re.sub(r"\{.*", "...", message[0])  # a set prints in any order
                self.cases.append(case | {"raises": f"{type(error).__name__}: {first}"[:200]})
                return
        if isinstance(result, list):
            case["tokenEmbeddings"] = rounded([matrix.cpu() for matrix in result])
        else:
            if result.dtype != np.float32:
                case["dtype"] = str(result.dtype)
            case["embeddings"] = rounded(result)
        self.cases.append(case)

    def write(self):
        write_gold(self.name, {"versions": VERSIONS, "model": self.name, "sentences": SENTENCES,
                               "inputIds": self.ids, "cases": self.cases})  # fmt: skip


def write_gold(name, value):
    GOLD.mkdir(parents=True, exist_ok=True)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n"
    for suffix in (".json", ".json.gz"):
        (GOLD / (name + suffix)).unlink(missing_ok=True)
    if len(text.encode()) > MAX_JSON:
        (GOLD / (name + ".json.gz")).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    else:
        (GOLD / (name + ".json")).write_text(text, encoding="utf-8")


ACTIVATIONS = [
    *(f"torch.nn.modules.activation.{name}" for name in (
        "Tanh ReLU ReLU6 GELU Sigmoid SiLU LeakyReLU ELU SELU CELU Softplus Softsign Softshrink Hardshrink Tanhshrink "
        "Hardtanh Hardswish Hardsigmoid Mish LogSigmoid Softmax Softmin LogSoftmax RReLU GLU PReLU Threshold Softmax2d"
    ).split()),
    "torch.nn.modules.linear.Identity", "torch.nn.ReLU", "torch.nn.functional.relu", "torch.nn.modules.activation.Swish",
    "mypackage.MyActivation", None,
]  # fmt: skip
POOLING_MODES = ("cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken")
FEW = [0, 2, 4, 5, 7, 9, 12, 13, 15]
POOLED, DENSE = ("Pooling", "1_Pooling"), ("Dense", "2_Dense")


def pooling(mode, dimension=16, **more):
    return {"1_Pooling/config.json": {"embedding_dimension": dimension, "pooling_mode": mode, **more}}


def stack(*modules, generation="models"):
    return {"modules.json": modules_json(*modules, generation=generation)}


def gold_of_modules(gold):
    for mode in (*POOLING_MODES, ["mean", "max"], ["lasttoken", "cls", "weightedmean"]):
        gold.case(f"pooling {mode if isinstance(mode, str) else '+'.join(mode)}", pooling(mode))
    keys = ("cls_token", "mean_tokens", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken")
    for active in ((), *((key,) for key in keys), ("mean_tokens", "cls_token"), keys):
        old = {"word_embedding_dimension": 16} | {f"pooling_mode_{key}": key in active for key in keys}
        gold.case(f"old pooling {'+'.join(active) or 'none'}", {"1_Pooling/config.json": old})
    gold.case("pooling unknown", pooling("median"))
    for activation in ACTIVATIONS:
        config = dense_config(16, 8, activation_function=activation)
        gold.case(f"dense {activation}", stack(POOLED, DENSE) | {"2_Dense/config.json": config})
    config = dense_config(16, 8)
    del config["activation_function"]
    gold.case("dense without activation_function", stack(POOLED, DENSE) | {"2_Dense/config.json": config})
    unknown_key = {"2_Dense/config.json": dense_config(16, 8, surprise=1)}
    gold.case("dense with an unknown key", stack(POOLED, DENSE) | unknown_key)
    for name in ("2_Dense_no_bias", "2_Dense_square", "2_Dense_residual"):
        gold.case(f"dense {name}", stack(POOLED, ("Dense", name)))
    gold.case("dense then dense", stack(POOLED, ("Dense", "2_Dense_square"), DENSE))
    gold.case("dense after concatenation", stack(POOLED, DENSE) | pooling(["cls", "mean"]))
    tokens = {"2_Dense/config.json": dense_config(16, 8, module_input_name="token_embeddings")}
    gold.case("dense on tokens", stack(DENSE, POOLED) | tokens | pooling("mean", 8))
    other = {"2_Dense/config.json": dense_config(16, 8, module_output_name="other")}
    gold.case("dense to another feature", stack(POOLED, DENSE) | other)
    chain = {"2_Dense/config.json": dense_config(16, 8, module_input_name="other", module_output_name="sentence_embedding"),
             "2_Dense_square/config.json": dense_config(16, 16, module_output_name="other", use_residual=True)}  # fmt: skip
    gold.case("dense through another feature", stack(POOLED, ("Dense", "2_Dense_square"), DENSE) | chain)
    missing = {"2_Dense/config.json": dense_config(16, 8, module_input_name="nothing")}
    gold.case("dense from a missing feature", stack(POOLED, DENSE) | missing)
    gold.case("normalize", stack(POOLED, ("Normalize", "2_Normalize")))
    tokens = {"2_Normalize/config.json": {"module_input_name": "token_embeddings"}}
    gold.case("normalize on tokens", stack(("Normalize", "2_Normalize"), POOLED) | tokens)
    gold.case("layer norm", stack(POOLED, ("LayerNorm", "2_LayerNorm")))
    gold.case("dropout", stack(POOLED, ("Dropout", "2_Dropout")) | {"2_Dropout/config.json": {"dropout": 0.5}})
    every = (POOLED, ("LayerNorm", "2_LayerNorm"), ("Dropout", "2_Dropout"), DENSE, ("Normalize", "3_Normalize"))
    for generation in ("models", "sentence_transformer.modules", "base.modules", "base.modules.file"):
        files = stack(*every, generation=generation) | {"2_Dropout/config.json": {"dropout": 0.2}}
        gold.case(f"every module, {generation}", files)


def gold_of_transformer(gold):
    config = json.loads((gold.folder / "config.json").read_text())
    for act in ("relu", "gelu_new", "gelu_pytorch_tanh", "gelu_fast", "quick_gelu", "silu", "swish", "tanh", "mish",
                "gelu_python", "gelu_10", "linear", "sigmoid", "relu6", "leaky_relu", "relu2", "nonsense"):  # fmt: skip
        gold.case(f"hidden_act {act}", {"config.json": config | {"hidden_act": act}})
    gold.case("layer_norm_eps 0.1", {"config.json": config | {"layer_norm_eps": 0.1}})
    tokenizer = json.loads((gold.folder / "tokenizer_config.json").read_text())
    unset = {key: value for key, value in tokenizer.items() if key != "model_max_length"}
    for length in (1, 2, 3, 8, 64, 100):
        gold.case(f"max_seq_length {length}", {"sentence_bert_config.json": {"max_seq_length": length}})
    null = {"sentence_bert_config.json": {"max_seq_length": None, "do_lower_case": False}}
    gold.case("max_seq_length null, model_max_length 12", null | {"tokenizer_config.json": unset | {"model_max_length": 12}})
    gold.case("max_seq_length null, no model_max_length", null | {"tokenizer_config.json": unset})
    gold.case("no sentence_bert_config", {"sentence_bert_config.json": None})
    cased = {"tokenizer_config.json": tokenizer | {"do_lower_case": False}}
    gold.case("do_lower_case false in tokenizer_config", cased)
    lower = {"sentence_bert_config.json": {"max_seq_length": 48, "do_lower_case": True}}
    gold.case("do_lower_case true in sentence_bert_config", cased | lower)


def gold_of_prompts(gold, include_modes):
    prompts = {"query": "What is the query: ", "document": "think of ", "empty": ""}
    settings = {"prompts": prompts, "default_prompt_name": None, "similarity_fn_name": "cosine"}
    named = {"config_sentence_transformers.json": settings}
    default = {"config_sentence_transformers.json": settings | {"default_prompt_name": "document"}}
    gold.case("no prompt", named, FEW)
    gold.case("prompt_name", named, FEW, prompt_name="query")
    gold.case("prompt", named, FEW, prompt="the lazy dog ")
    gold.case("prompt before prompt_name", named, FEW, prompt="the lazy dog ", prompt_name="query")
    gold.case("unknown prompt_name", named, FEW, prompt_name="nothing")
    gold.case("encode_query", named, FEW, method="encode_query")
    gold.case("encode_document", named, FEW, method="encode_document")
    gold.case("encode_query without prompts", None, FEW, method="encode_query")
    gold.case("default_prompt_name", default, FEW)
    gold.case("default_prompt_name, empty prompt", default, FEW, prompt_name="empty")
    gold.case("default_prompt_name, encode_query", default, FEW, method="encode_query")
    gold.case("default_prompt_name, encode_query without prompts",
              {"config_sentence_transformers.json": {"prompts": {"document": "think of "},
                                                     "default_prompt_name": "document"}},
              FEW, method="encode_query")  # fmt: skip
    unknown = {"config_sentence_transformers.json": settings | {"default_prompt_name": "nothing"}}
    gold.case("unknown default_prompt_name", unknown, FEW)
    for mode in include_modes:
        files = named | pooling(mode, include_prompt=False)
        name = mode if isinstance(mode, str) else "+".join(mode)
        gold.case(f"include_prompt false, {name}", files, FEW, prompt_name="query")
    files = named | pooling("mean", include_prompt=False)
    gold.case("include_prompt false, no prompt", files, FEW)
    short = {"sentence_bert_config.json": {"max_seq_length": 6}}
    gold.case("include_prompt false, truncated prompt", files | short, FEW, prompt_name="query")


def gold_of_options(gold):
    gold.case("normalize_embeddings", normalize_embeddings=True)
    gold.case("truncate_dim 6", truncate_dim=6)
    gold.case("truncate_dim 6, normalize_embeddings", truncate_dim=6, normalize_embeddings=True)
    gold.case("truncate_dim 99", truncate_dim=99)
    gold.case("truncate_dim in config", {"config_sentence_transformers.json": {"truncate_dim": 5}})
    normalize = stack(POOLED, ("Normalize", "2_Normalize"))
    gold.case("normalize module, truncate_dim 6", normalize, truncate_dim=6)
    for precision in ("int8", "uint8", "binary", "ubinary"):
        gold.case(f"precision {precision}", precision=precision)
        gold.case(f"precision {precision}, one sentence", None, [0], precision=precision)
    gold.case("precision ubinary, truncate_dim 5", truncate_dim=5, precision="ubinary")
    gold.case("precision int8, normalize_embeddings", normalize_embeddings=True, precision="int8")
    gold.case("precision int4", precision="int4")
    gold.case("output_value token_embeddings", None, [0, 4, 5, 9], output_value="token_embeddings")
    after = stack(POOLED, DENSE, ("Normalize", "2_Normalize"))
    gold.case("output_value token_embeddings after modules", after, [0, 4], output_value="token_embeddings")
    for name in ("cosine", "dot", "euclidean", "manhattan", "hamming"):
        settings = {"config_sentence_transformers.json": {"similarity_fn_name": name}}
        gold.case(f"similarity {name}", settings, [0, 2, 4, 5, 9, 1, 3, 14, 6, 10], similarity=True)


def gold_of_plain(gold):
    """What a teacher gives: BertModel's pooler output (dense, then tanh) and the bare [CLS] state."""
    tokenizer = transformers.AutoTokenizer.from_pretrained(gold.folder)
    model = transformers.AutoModel.from_pretrained(gold.folder, dtype=torch.float32).eval()
    inputs = tokenizer(SENTENCES, padding=True, truncation=True, max_length=64, return_tensors="pt")
    with torch.inference_mode():
        output = model(**inputs)
    gold.cases.append({"name": "pooler", "pooling": "pooler", "embeddings": rounded(output.pooler_output)})
    gold.cases.append({"name": "cls", "pooling": "cls", "embeddings": rounded(output.last_hidden_state[:, 0])})


def make_gold():
    makers = {"hpd-tinybert-like": [], "bert": [gold_of_modules, gold_of_transformer, gold_of_options], "bert-plain": [],
              "roberta": [], "xlm-roberta": [], "distilbert": [], "mpnet": []}  # fmt: skip
    for name, extras in makers.items():
        gold = Gold(name)
        gold.case("as saved")
        for extra in extras:
            extra(gold)
        if name == "bert":
            gold_of_prompts(gold, (*POOLING_MODES, ["mean", "cls"]))
        elif name == "roberta":
            gold_of_prompts(gold, ("mean", "weightedmean"))
            gold.case("max_seq_length over the positions", {"sentence_bert_config.json": {"max_seq_length": 66}})
        elif name == "bert-plain":
            gold_of_plain(gold)
        elif name == "hpd-tinybert-like":
            gold.case("normalize_embeddings", normalize_embeddings=True)
        gold.write()


# --- by hand: models and texts that are not in the repository -------------------------------------------------------

RECIPE = {"file": "STSBenchmark/sts-dev.csv", "everyNthLine": 3, "columns": [5, 6], "count": 1000}
MASKS = [0, 341, 170, 219, 438, 85, 299, 510]  # sign k of dimension i is (-1) ** popcount(i & MASKS[k])


def sts_sentences(folder):
    lines = (folder / RECIPE["file"]).read_text(encoding="utf-8").splitlines()[:: RECIPE["everyNthLine"]]
    return [line.split("\t")[column] for line in lines for column in RECIPE["columns"]][: RECIPE["count"]]


def sketch(model_folder, sts_folder):
    """Of each embedding the first 16 dimensions, its norm and 8 signed sums: enough to see any difference."""
    sentences = sts_sentences(sts_folder)
    embeddings = SentenceTransformer(str(model_folder), device="cpu", **FLOAT32).encode(sentences).astype(np.float64)
    dimensions = np.arange(embeddings.shape[1])
    signs = np.array([[(-1) ** int(i & mask).bit_count() for mask in MASKS] for i in dimensions])
    parts = {"first": embeddings[:, :16], "norm": np.linalg.norm(embeddings, axis=1), "signedSums": embeddings @ signs}
    write_gold(model_folder.name, {
        "versions": VERSIONS, "model": model_folder.name, "recipe": RECIPE, "masks": MASKS,
        "sha256": hashlib.sha256("\n".join(sentences).encode()).hexdigest(), "dimension": embeddings.shape[1],
        **{k: base64.b64encode(np.ascontiguousarray(v, "<f4").tobytes()).decode() for k, v in parts.items()}})  # fmt: skip


def full_size_gold(folder, sts_folder):
    sentences = sts_sentences(sts_folder)
    np.save(folder.parent / "tinybert-gold.npy", SentenceTransformer(str(folder), device="cpu").encode(sentences))
    (folder.parent / "tinybert-sentences.txt").write_text("\n".join(sentences) + "\n", encoding="utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sketch", type=Path, metavar="MODEL", help="gold of a model folder outside the repository")
    parser.add_argument("--full-size", type=Path, metavar="FOLDER", help="build a full-size TinyBERT-L4-H312 there")
    parser.add_argument("--vocabulary", type=Path, help="vocab.txt of 30,522 lines, for --full-size")
    parser.add_argument("--sts", type=Path, help="folder that holds STSBenchmark/sts-dev.csv")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    transformers.logging.disable_progress_bar()
    torch.set_num_threads(1)  # one thread sums in one order
    if arguments.sketch:
        sketch(arguments.sketch, arguments.sts)
    elif arguments.full_size:
        full_size(arguments.full_size, arguments.vocabulary)
        if arguments.sts:
            full_size_gold(arguments.full_size, arguments.sts)
    else:
        shutil.rmtree(FIXTURES, ignore_errors=True)
        for make in (make_hpd, make_bert, make_bert_plain, make_roberta, make_xlm_roberta, make_distilbert, make_mpnet):
            make()
        make_gold()


if __name__ == "__main__":
    main()
