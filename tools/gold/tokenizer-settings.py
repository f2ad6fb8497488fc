"""Gold for src/tokenizer: folders whose files have odd settings, drawn at random, and the ids that Python gives.

    python tools/gold/tokenizer-settings.py test/gold/tokenizer-settings.json.gz [folders, 600] [seed, 1] [texts, 0]

First each key of tokenizer_config.json that Python looks at, with values of every kind; then folders drawn at random.
Each folder is one of a few small tokenizers with some of its files changed; ids come from AutoTokenizer and the rules of
`Transformer` of sentence-transformers 6.2. A folder that Python refuses has an error instead. With other numbers of
folders and seeds this is a fuzzer: HPD_TOKENIZER_SETTINGS names its file to test/tokenizer/settings.test.ts.
"""

import copy
import gzip
import inspect
import json
import os
import pathlib
import random
import re
import sys
import tempfile

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import sentence_transformers
import tokenizers
import transformers
from sentence_transformers.base.modules.transformer import _has_lowercase
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import AutoTokenizer
from transformers.models.auto import processing_auto, tokenization_auto

transformers.logging.set_verbosity_error()
VERSIONS = {module.__name__: module.__version__ for module in (tokenizers, transformers, sentence_transformers)}
TOKENIZER_CLASSES = [
    transformers.AlbertTokenizer, transformers.BertTokenizer, transformers.CamembertTokenizer, transformers.DebertaV2Tokenizer,
    transformers.GemmaTokenizer, transformers.LlamaTokenizer, transformers.MPNetTokenizer, transformers.Qwen2Tokenizer,
    transformers.RobertaTokenizer, transformers.T5Tokenizer, transformers.XLMRobertaTokenizer,
]  # fmt: skip
WORDS = "a cat sat on the mat Dog sea sun moon naïve Straße 漢字 x y ab abc lead".split()
BERT = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
ROBERTA = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
TEXTS = ["a cat sat on the mat", "Dog [MASK] x", "the sea and the sun and the moon", "", "<s>a</s> b", " lead", "a<mask>b  <mask> c"]
TEXTS += ["[CLS] [SEP][PAD]", "x\n[UNK] </s> <unk>", "newtok NewTok a newtoken", "  two  spaces ", "naïve NAÏVE 漢字 Straße", "ab[NEW]ab [new] [NEW] "]
TEXTS += ["<extra> <extra>ab", "catsatmat", "ＮＥＷ ﬁne", "a.b,c!"]


def byte_letters():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    rest = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) for byte in printable] + [chr(256 + i) for i in range(len(rest))]


def word_piece(special):
    letters = sorted({letter for text in WORDS + TEXTS for letter in text + text.lower() if not letter.isspace()} - set(special))
    ends = sorted({f"##{letter}" for letter in letters} | {"##at", "##un", "##og"})
    return special + sorted({word.lower() for word in WORDS} | set(WORDS) | set(letters)) + ends


def bpe():
    vocabulary = ROBERTA[:4] + byte_letters() + ["at", "Ġc", "Ġcat", "Ġs", "Ġsat", "th", "the", "Ġthe", "ab", "abc", "ĠĠ"] + ROBERTA[4:]
    merges = ["a t", "Ġ c", "Ġc at", "Ġ s", "Ġs at", "t h", "th e", "Ġ the", "a b", "ab c", "Ġ Ġ"]
    return {token: i for i, token in enumerate(vocabulary)}, merges


def unigram():
    letters = sorted({letter for text in WORDS + TEXTS for letter in text + text.lower() if not letter.isspace()} - {"字"})
    words = sorted({"▁" + word for word in WORDS} | {"at", "un", "▁", "ab", "▁a"})
    pieces = [[token, 0.0] for token in ROBERTA[:4]]
    pieces += [[p, -round(2 + 0.7 * len(p) + (i * 37 % 101) / 50, 3)] for i, p in enumerate([*letters, *words])]
    return pieces


def added(tokens, first=0, **flags):
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": first + i, "content": token, **usual, **flags} for i, token in enumerate(tokens)]


def section(normalizer, pre_tokenizer, post_processor, model, tokens):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": tokens, "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": post_processor, "decoder": None, "model": model}  # fmt: skip


def bases():
    """Name to files, as JSON values where they are JSON."""
    pieces = word_piece(BERT)
    bert_json = section(
        {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        {"type": "BertPreTokenizer"},
        {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]},
        {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100,
         "vocab": {piece: i for i, piece in enumerate(pieces)}}, added(BERT),
    )  # fmt: skip
    config = {"model_type": "bert", "max_position_embeddings": 32, "pad_token_id": 0}
    yield "bert", {"tokenizer.json": bert_json, "config.json": config, "tokenizer_config.json": {"tokenizer_class": "BertTokenizer"}}
    yield "bert vocab.txt", {"vocab.txt": "\n".join(pieces) + "\n", "config.json": config, "tokenizer_config.json": {}}
    fast = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "model_max_length": 14}
    yield "bert as is", {"tokenizer.json": bert_json, "config.json": config, "tokenizer_config.json": fast}
    mpnet = {"vocab.txt": "\n".join(word_piece(ROBERTA[:4] + ["[UNK]"]) + ["<mask>"]) + "\n"}
    mpnet["config.json"] = {"model_type": "mpnet", "max_position_embeddings": 34, "pad_token_id": 1}
    yield "mpnet", mpnet | {"tokenizer_config.json": {"tokenizer_class": "MPNetTokenizer"}}
    vocabulary, merges = bpe()
    roberta_json = section(
        None, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True},
        {"type": "RobertaProcessing", "sep": ["</s>", 2], "cls": ["<s>", 0], "trim_offsets": True, "add_prefix_space": False},
        {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": "", "end_of_word_suffix": "",
         "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary, "merges": merges},
        added(ROBERTA[:4]) + added(ROBERTA[4:], len(vocabulary) - 1, lstrip=True),
    )  # fmt: skip
    config = {"model_type": "roberta", "max_position_embeddings": 34, "pad_token_id": 1}
    yield "roberta", {"tokenizer.json": roberta_json, "config.json": config, "tokenizer_config.json": {"tokenizer_class": "RobertaTokenizer"}}
    older = {"vocab.json": vocabulary, "merges.txt": "#version: 0.2\n" + "".join(f"{merge}\n" for merge in merges)}
    yield "roberta vocab.json", older | {"config.json": config, "tokenizer_config.json": {}}
    fast = {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "model_max_length": 14}
    yield "roberta as is", {"tokenizer.json": roberta_json, "config.json": config, "tokenizer_config.json": fast}
    around = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}]
    ids = {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}
    model = {"type": "Unigram", "unk_id": 3, "vocab": unigram(), "byte_fallback": False}
    xlm_json = section(
        {"type": "NFKC"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
        {"type": "TemplateProcessing", "single": around, "pair": around + [{"Sequence": {"id": "B", "type_id": 0}}], "special_tokens": ids},
        model, added(ROBERTA[:4]) + added(ROBERTA[4:], len(model["vocab"]), lstrip=True),
    )  # fmt: skip
    config = {"model_type": "xlm-roberta", "max_position_embeddings": 34, "pad_token_id": 1}
    yield "xlm-roberta", {"tokenizer.json": xlm_json, "config.json": config, "tokenizer_config.json": {"tokenizer_class": "XLMRobertaTokenizer"}}
    yield "unigram as is", {"tokenizer.json": xlm_json, "config.json": config, "tokenizer_config.json": fast}
    yield from later_bases(bpe_json=roberta_json, unigram_json=xlm_json)


def later_bases(bpe_json, unigram_json):
    """The classes of CamemBERT, T5, ALBERT and DeBERTa-v2 over Unigram, those of Qwen, Gemma and Llama over BPE."""
    def folder(kind, class_name, json_like, model, special, post_processor=None):
        places = model["vocab"] if isinstance(model["vocab"], dict) else {piece: i for i, (piece, _) in enumerate(model["vocab"])}
        tokens = [{**each, "id": places[each["content"]]} for each in added(special)]
        whole = {**json_like, "model": model, "added_tokens": tokens, "post_processor": post_processor}
        config = {"model_type": kind, "max_position_embeddings": 34, "pad_token_id": 0}
        return {"tokenizer.json": whole, "config.json": config, "tokenizer_config.json": {"tokenizer_class": class_name, "pad_token": special[0]}}

    pieces = unigram()[4:]
    token = lambda name, place: ({"SpecialToken": {"id": name, "type_id": 0}}, {name: {"id": name, "ids": [place], "tokens": [name]}})  # noqa: E731
    text = {"Sequence": {"id": "A", "type_id": 0}}
    for kind, class_name, special in (
        ("camembert", "CamembertTokenizer", ["<pad>", "<unk>", "<s>", "</s>", "<mask>", "<s>NOTUSED"]),
        ("t5", "T5Tokenizer", ["<pad>", "</s>", "<unk>"]),
        ("albert", "AlbertTokenizer", ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]),
        ("deberta-v2", "DebertaV2Tokenizer", ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]),
    ):
        model = {"type": "Unigram", "unk_id": 1, "byte_fallback": False, "vocab": [[name, 0.0] for name in special] + pieces}
        (first, ids), (last, more) = token(special[2], 2), token(special[1], 1)
        template = {"type": "TemplateProcessing", "single": [first, text, last], "pair": [first, text, last], "special_tokens": ids | more}
        yield kind, folder(kind, class_name, unigram_json, model, special, template if kind == "albert" else None)
    vocabulary, merges = bpe()
    letters = [letter for text in WORDS + TEXTS for letter in text]
    special = ["<pad>", "<unk>", "<s>", "</s>", "<bos>", "<eos>", "<|endoftext|>"]
    for kind, class_name, bytes_of in (("qwen3", "Qwen2Tokenizer", []), ("gemma", "GemmaTokenizer", range(256)), ("mistral", "LlamaTokenizer", range(256))):
        names = special[-1:] + special[:-1] if kind == "qwen3" else special
        tokens = [*names, *[f"<0x{byte:02X}>" for byte in bytes_of], *[t for t in vocabulary if t not in special], *letters, "▁", "▁a", "▁▁"]
        places = {token: i for i, token in enumerate(dict.fromkeys(tokens))}
        model = {**bpe_json["model"], "vocab": places, "merges": [*merges, "▁ a", "▁ ▁"]}
        around, ids = token("<bos>", places["<bos>"])
        template = {"type": "TemplateProcessing", "single": [around, text], "pair": [around, text], "special_tokens": ids}
        yield kind, folder("gemma2" if kind == "mistral" else kind, class_name, bpe_json, model, names, None if kind == "qwen3" else template)


CLASSES = ["BertTokenizer", "BertTokenizerFast", "DistilBertTokenizer", "ElectraTokenizerFast", "MPNetTokenizerFast", "RobertaTokenizer"]
CLASSES += ["XLMRobertaTokenizerFast", "PreTrainedTokenizerFast", "TokenizersBackend", "PreTrainedTokenizer", "LongformerTokenizer"]
CLASSES += ["CamembertTokenizerFast", "T5TokenizerFast", "AlbertTokenizer", "DebertaV2TokenizerFast", "Qwen2Tokenizer", "GemmaTokenizerFast", "LlamaTokenizer"]
CLASSES += ["SqueezeBertTokenizer", "ConvBertTokenizer", "MobileBertTokenizer", "NoSuchTokenizer", "GPT2Tokenizer", None, "DEL"]
NAMES = ["bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token"]
CONTENTS = [*BERT, *ROBERTA, "[NEW]", "newtok", "NewTok", "<extra>", "ab", "a", "", "[new]", "NEW"]


def token(chance, content=None):
    content = chance.choice(CONTENTS) if content is None else content
    if chance.random() < 0.5:
        return content
    flags = {key: chance.random() < 0.4 for key in ("lstrip", "rstrip", "single_word", "normalized", "special") if chance.random() < 0.8}
    return {"content": content, **flags, **({"__type": "AddedToken"} if chance.random() < 0.8 else {})}


def change_config(chance, config, files):
    kind = chance.randrange(15)
    if kind == 0:
        config["tokenizer_class"] = chance.choice(CLASSES)
    elif kind == 1:
        config[chance.choice(NAMES)] = chance.choice([None, token(chance), token(chance)])
    elif kind == 2:
        config["extra_special_tokens"] = chance.choice([[token(chance)], {"x_token": token(chance)}, {}, [], None, {"cls_token": token(chance)}])
    elif kind == 3:
        config["additional_special_tokens"] = chance.choice([[token(chance), token(chance)], [], None])
    elif kind == 4:
        config[chance.choice(["image_token", "x_token", "query_token"])] = chance.choice([token(chance), 3, None])
    elif kind == 5:
        config[chance.choice(["model_max_length", "max_len"])] = chance.choice([6, 9, 1e30, None, 40])
    elif kind == 6:
        config[chance.choice(["truncation_side", "padding_side"])] = chance.choice(["left", "right", "left"])
    elif kind == 7:
        config["split_special_tokens"] = chance.choice([True, False])
    elif kind == 8:
        config["do_lower_case"] = chance.choice([True, False])
    elif kind == 9:
        config[chance.choice(["strip_accents", "tokenize_chinese_chars"])] = chance.choice([True, False])
    elif kind == 10:
        config["add_prefix_space"] = chance.choice([True, False])
    elif kind == 11:
        ids = chance.sample(range(200), chance.randint(1, 4))
        as_token = lambda value: {"content": value} if isinstance(value, str) else {k: v for k, v in value.items() if k != "__type"}  # noqa: E731
        config["added_tokens_decoder"] = {str(i): as_token(token(chance)) for i in ids}
    elif kind == 12:
        config[chance.choice(["add_bos_token", "add_eos_token", "trim_offsets", "use_fast", "legacy"])] = chance.choice([True, False])
    elif kind == 13:
        config["model_input_names"] = chance.choice([["input_ids", "attention_mask"], ["input_ids", "token_type_ids", "attention_mask"]])
    else:
        config[chance.choice(["max_length", "stride", "pad_to_multiple_of", "vocab_size"])] = chance.choice([1, 8])


def change_json(chance, value):
    kind = chance.randrange(9)
    tokens = value["added_tokens"]
    if kind == 0:
        value["truncation"] = {"direction": chance.choice(["Left", "Right"]), "max_length": chance.choice([5, 20]), "strategy": "LongestFirst", "stride": 0}
    elif kind == 1:
        value["padding"] = {"strategy": chance.choice(["BatchLongest", {"Fixed": 20}]), "direction": chance.choice(["Right", "Right", "Left"]),
                            "pad_to_multiple_of": chance.choice([None, 8]), "pad_id": 1, "pad_type_id": 0,
                            "pad_token": chance.choice(["[PAD]", "<pad>", "ab", "[NEW]"])}  # fmt: skip
    elif kind in (2, 3):
        flags = {key: chance.random() < 0.4 for key in ("lstrip", "rstrip", "single_word", "normalized", "special")}
        tokens.append({"id": chance.choice([500, 501, 7, 40]), "content": chance.choice([c for c in CONTENTS if c]), **flags})
    elif kind == 4 and tokens:
        tokens.pop(chance.randrange(len(tokens)))
    elif kind == 5 and tokens:
        chance.choice(tokens)[chance.choice(["lstrip", "rstrip", "single_word", "normalized"])] = True
    elif kind == 6:
        steps = [{"type": "NFKC"}, {"type": "Lowercase"}, {"type": "NFD"}, {"type": "Replace", "pattern": {"String": "a"}, "content": "ab"},
                 {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}, {"type": "Prepend", "prepend": "▁"}, {"type": "StripAccents"},
                 {"type": "Replace", "pattern": {"Regex": chance.choice(["\\s{2,}|[\\n\\r\\t]", "[a-c]+", "\\s"])}, "content": chance.choice([" ", "", "▁"])},
                 {"type": "Strip", "strip_left": chance.choice([True, False]), "strip_right": chance.choice([True, False])},
                 {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": False}]  # fmt: skip
        value["normalizer"] = {"type": "Sequence", "normalizers": chance.sample(steps, chance.randint(0, 3))}
    elif kind == 7:
        behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]
        steps = [{"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"}, {"type": "Digits", "individual_digits": chance.choice([True, False])},
                 {"type": "Punctuation", "behavior": chance.choice(behaviors)},
                 {"type": "Split", "pattern": chance.choice([{"String": " "}, {"Regex": "\\s+"}, {"Regex": "[^\\s\\p{L}]?\\p{L}+|\\p{N}{1,3}"}]),
                  "behavior": chance.choice(behaviors), "invert": chance.choice([True, False])},
                 {"type": "Metaspace", "replacement": "▁", "prepend_scheme": chance.choice(["always", "never", "first"]), "split": chance.choice([True, False])},
                 {"type": "ByteLevel", "add_prefix_space": chance.choice([True, False]), "trim_offsets": True, "use_regex": True}]  # fmt: skip
        value["pre_tokenizer"] = chance.choice([chance.choice(steps), {"type": "Sequence", "pretokenizers": chance.sample(steps, chance.choice([2, 2, 3]))}])
    else:
        name = chance.choice(["<s>", "[CLS]", "ab"])
        ids = {name: {"id": name, "ids": chance.choice([[2], [2, 5]]), "tokens": [name] * 2}}
        around = {"SpecialToken": {"id": name, "type_id": chance.choice([0, 0, 1])}}
        text = {"Sequence": {"id": "A", "type_id": 0}}
        single = chance.choice([[around, text], [text, around], [around, text, around], [text], [around, around, text]])
        template = {"type": "TemplateProcessing", "single": single, "pair": [text, {"Sequence": {"id": "B", "type_id": 1}}], "special_tokens": ids}
        level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}
        value["post_processor"] = chance.choice([None, template, level, {"type": "Sequence", "processors": [level, template]}])


def change(chance, files):
    for _ in range(chance.choice([1, 1, 1, 2, 2, 3, 5])):
        kind = chance.random()
        if kind < 0.5:
            change_config(chance, files.setdefault("tokenizer_config.json", {}), files)
        elif kind < 0.7 and "tokenizer.json" in files:
            change_json(chance, files["tokenizer.json"])
        elif kind < 0.82:
            keys = chance.sample([*NAMES, "additional_special_tokens", "extra_special_tokens", "x_token"], chance.randint(1, 3))
            value = lambda key: [token(chance)] if key.endswith("tokens") else chance.choice([token(chance), token(chance), None])  # noqa: E731
            files["special_tokens_map.json"] = {key: value(key) for key in keys}
        elif kind < 0.88:
            files["added_tokens.json"] = {chance.choice([c for c in CONTENTS if c]): chance.choice([7, 150, 500]) for _ in range(2)}
        elif kind < 0.94:
            files["sentence_bert_config.json"] = chance.choice([{"max_seq_length": 7}, {"do_lower_case": True}, {"max_seq_length": 12, "do_lower_case": True}])
        elif kind < 0.96:
            files.pop("tokenizer_config.json", None)
        elif "vocab.txt" in files:
            files["vocab.txt"] = chance.choice([files["vocab.txt"] + "\n", files["vocab.txt"].replace("\n", "\r\n"), files["vocab.txt"].replace("cat\n", "cat \t\n"), "a\n" + files["vocab.txt"]])


def random_texts(chance, count):
    """Texts that hold what tokenizers stumble over, in any order."""
    marks = ["\u0301", "\u0323", "\u0345", "\u200b", "\ufeff", "\u00ad", "\u200d", "\u0600", "\ufe0f", "\x00", "\x1b", "\ufffd"]
    spaces = [" ", "  ", "\t", "\n", "\r\n", "\u00a0", "\u3000", "\u2028", "\x85", "\u1680"]
    letters = ["é", "É", "İ", "ß", "Σ", "ﬁ", "漢", "字", "𠀀", "😀", "👩\u200d👩", "각", "\u1100\u1161", "क्ष", "か\u3099", "ｱﾞ", "½", "≮", "…", "'s", "'LL"]
    pool = [*WORDS, *CONTENTS, *marks, *spaces, *letters, *"abcdxyz.,!-_#[]<>", "##at", "▁a", "Ġcat", "a" * 101, "ab" * 60]
    return ["".join(chance.choice(pool) for _ in range(chance.randint(1, 30))) for _ in range(count)]


def encode(folder):
    read = lambda name: json.loads((folder / name).read_text()) if (folder / name).exists() else {}  # noqa: E731
    module, config = read("sentence_bert_config.json"), read("config.json")
    kwargs = {} if module.get("max_seq_length") is None else {"model_max_length": module["max_seq_length"]}
    tokenizer = AutoTokenizer.from_pretrained(folder, **kwargs)
    # The positions that there are, where Python would go on and fail.
    positions = config["max_position_embeddings"] - 2 * (config["model_type"] in ("mpnet", "roberta", "xlm-roberta"))
    tokenizer.model_max_length = min(tokenizer.model_max_length, positions)
    backend = tokenizer.backend_tokenizer
    if module.get("do_lower_case") and not _has_lowercase(backend.normalizer):
        steps = list(backend.normalizer) if isinstance(backend.normalizer, normalizers.Sequence) else [backend.normalizer]
        backend.normalizer = normalizers.Sequence([normalizers.Lowercase(), *[step for step in steps if step is not None]])
    encoded = tokenizer(TEXTS, truncation="longest_first", padding=True)
    return {
        "maxLength": tokenizer.model_max_length, "padId": tokenizer.pad_token_id, "paddingSide": tokenizer.padding_side,
        "specialIds": sorted(set(tokenizer.all_special_ids)),
        "tokenTypes": any(any(types) for types in encoded.get("token_type_ids", [])),
        "ids": [[i for i, mask in zip(*row) if mask] for row in zip(encoded["input_ids"], encoded["attention_mask"])],
    }  # fmt: skip


def known_keys():
    """Keys that Python looks at, by file and section: what its code names, and what tokenizers writes."""
    sources = [inspect.getsource(module) for module in (tokenization_auto, processing_auto)]
    sources += [inspect.getsource(each) for made in TOKENIZER_CLASSES for each in made.__mro__[:-1]]
    config = re.findall(r'\b(?:init_|local_)?(?:kwargs|tokenizer_config|config_dict)(?:\.(?:pop|get|setdefault)\(|\[)"(\w+)"', "\n".join(sources))
    config += re.findall(r'"(\w+)" in (?:init_kwargs|kwargs|tokenizer_config)', "\n".join(sources))
    config += [name for made in TOKENIZER_CLASSES for name in inspect.signature(made.__init__).parameters if name not in ("self", "kwargs", "args")]
    whole = Tokenizer(models.WordPiece({"a": 0}, unk_token="a"))
    whole.enable_truncation(3)
    whole.enable_padding()
    whole = json.loads(whole.to_str())
    text = [("[CLS]", 1)]
    parts = {
        "normalizer": [normalizers.BertNormalizer(), normalizers.Lowercase(), normalizers.NFC(), normalizers.NFKC(), normalizers.NFD(),
                       normalizers.NFKD(), normalizers.Replace("a", "b"), normalizers.Prepend("a"), normalizers.Strip(),
                       normalizers.StripAccents(), normalizers.Sequence([])],
        "pre_tokenizer": [pre_tokenizers.BertPreTokenizer(), pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(),
                          pre_tokenizers.ByteLevel(), pre_tokenizers.Sequence([]), pre_tokenizers.Split("a", "isolated"), pre_tokenizers.Punctuation(), pre_tokenizers.Digits()],
        "post_processor": [processors.BertProcessing(*text, *text), processors.RobertaProcessing(*text, *text), processors.ByteLevel(),
                           processors.TemplateProcessing(single="$A", special_tokens=[]), processors.Sequence([])],
        "model": [models.WordPiece({"a": 0}, unk_token="a"), models.BPE({}, []), models.Unigram([("a", 0.0)], 0, False)],
    }  # fmt: skip
    sections = {}
    for name, made in parts.items():
        for part in made:
            tokenizer = Tokenizer(part if name == "model" else models.BPE({}, []))
            if name != "model":
                setattr(tokenizer, name, part)
            section = json.loads(tokenizer.to_str())[name]
            sections[f"{name} {section['type']}"] = sorted(section)
    return {"tokenizer_config.json": sorted(set(config)), "tokenizer.json": sorted(whole), "truncation": sorted(whole["truncation"]),
            "padding": sorted(whole["padding"]), **sections}  # fmt: skip


def probes(base):
    """Each key of tokenizer_config.json that Python looks at, with values of every kind."""
    values = [None, True, False, 0, 3, "a", "left", [], ["a"], {}, {"a": "b"}, {"a": 0}]
    for name in base:
        if name in ("roberta vocab.json", "roberta as is"):
            continue
        for key in known_keys()["tokenizer_config.json"]:
            for value in values:
                yield name, {"tokenizer_config.json": {**base[name]["tokenizer_config.json"], key: value}}


def result(files):
    with tempfile.TemporaryDirectory() as folder:
        write(pathlib.Path(folder), files)
        try:
            return encode(pathlib.Path(folder))
        except Exception as error:
            return {"error": f"{type(error).__name__}: {error}"[:200].replace(folder, "FOLDER")}


def write(folder, files):
    for name, value in files.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


def main(target, count=600, seed=1, texts=0):
    chance = random.Random(int(seed))
    base = dict(bases())  # before the texts, which their vocabularies are made of
    TEXTS.extend(random_texts(chance, int(texts)))
    plain = {name: result(files) for name, files in base.items()}
    cases, kept = [], set()
    for name, changed in probes(base):
        case = {"base": name, "changed": changed, "removed": [], **result({**base[name], **changed})}
        same = {**case, **plain[name]} == case
        # Of the values of a key that change nothing or are refused, one each.
        place = (name, *[key for key in changed["tokenizer_config.json"]][-1:], "error" in case) if same or "error" in case else None
        if place is None or place not in kept:
            cases.append(case)
        kept.add(place)
    probed = len(cases)
    for _ in range(int(count)):
        name = chance.choice(sorted(base))
        files = copy.deepcopy(base[name])
        change(chance, files)
        changed = {file: value for file, value in files.items() if value != base[name].get(file)}
        cases.append({"base": name, "changed": changed, "removed": sorted(set(base[name]) - set(files)), **result(files)})
    names = {kind: name for kind, name in tokenization_auto.TOKENIZER_MAPPING_NAMES.items() if name is not None}
    value = {"versions": VERSIONS, "modelTypes": names, "keys": known_keys(), "texts": TEXTS, "bases": base, "cases": cases}
    with gzip.GzipFile(target, "wb", compresslevel=9, mtime=0) as file:
        file.write(json.dumps(value, ensure_ascii=False).encode())
    print(target, pathlib.Path(target).stat().st_size, sum("error" in case for case in cases), "refused of", len(cases), "with", probed, "probes")


main(*sys.argv[1:])
