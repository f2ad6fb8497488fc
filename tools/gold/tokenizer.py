"""Gold for src/tokenizer: small tokenizers of our own making and the ids that Python gives for hard texts.

    python tools/gold/tokenizer.py test/gold/tokenizer [folder of all-MiniLM-L6-v2]

Each model is a folder as transformers loads it, held as texts in one JSON file; ids come from AutoTokenizer and the
maximum length from sentence-transformers' rule. With the folder of all-MiniLM-L6-v2, its ids are written too, without
its vocabulary. XLM-RoBERTa's Precompiled rules come from `sentencepiece` (nmt_nfkc).
"""

import base64
import gzip
import json
import os
import pathlib
import random
import sys
import tempfile

os.environ["TOKENIZERS_PARALLELISM"] = "false"  # training in one order of additions

import sentence_transformers
import tokenizers
import transformers
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer

VERSIONS = {module.__name__: module.__version__ for module in (tokenizers, transformers, sentence_transformers)}
WORDS = (
    "the of and to in a is that for it as was with be by on not he his but at are this have from or had an they "
    "which one you were her all she there would their we him been has when who will more no if out so said what up "
    "its about into than them can only other new some could time these two may then do first any my now such like "
    "our over man me even most made after also did many before must through years where much your way well down "
    "Berlin Paris naïve café résumé Straße İstanbul señor Ærøskøbing running unbelievable tokenization embedding "
    "sentence similarity 2024 3.14 http www example com Πάτρα Москва привет мир שלום مرحبا नमस्ते สวัสดี 안녕하세요 "
    "世界 你好 日本語 こんにちは カタカナ 😀 don't we'll I'm they've"
).split()
SPECIAL = ["[CLS]", "[SEP]", "[MASK]", "[UNK]", "[PAD]", "<s>", "</s>", "<mask>", "<unk>", "<pad>"]


CONTRACTIONS = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)"
REST = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}" + REST
LLAMA3 = CONTRACTIONS + r"|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}" + REST


def hard_texts():
    """At least 2,000 texts: one for each kind of trouble, then random mixtures of them."""
    chance = random.Random(2203)
    spaces = [c for c in map(chr, range(0x3001)) if c.isspace()] + ["\u200b", "\ufeff", "\u180e", "\u2060"]
    controls = [chr(c) for c in [*range(32), *range(127, 160), 0xAD, 0x200C, 0x200D, 0x200E, 0x202E, 0xFFFD, 0xFFFE]]
    controls += ["\ue000", "\U000e0001", "\U000f0000", "\u0600", "\U000110cd", "\U00013430", "\u08e2", "\u0890"]
    blocks = [0x21, 0xA1, 0x100, 0x180, 0x250, 0x2B0, 0x300, 0x370, 0x400, 0x530, 0x590, 0x600, 0x700, 0x780, 0x900]
    blocks += [0x980, 0xA00, 0xB80, 0xC00, 0xE00, 0xE80, 0xF00, 0x1000, 0x10A0, 0x1100, 0x1200, 0x13A0, 0x1680, 0x1780]
    blocks += [0x1800, 0x1AB0, 0x1C80, 0x1D00, 0x1E00, 0x1F00, 0x2000, 0x2070, 0x20A0, 0x20D0, 0x2100, 0x2150, 0x2190]
    blocks += [0x2200, 0x2460, 0x2500, 0x2600, 0x2700, 0x2E00, 0x2E80, 0x3000, 0x3040, 0x30A0, 0x3100, 0x3130, 0x3200]
    blocks += [0x32F0, 0x3300, 0x3400, 0x4E00, 0x9FF0, 0xA000, 0xA640, 0xA720, 0xA800, 0xAB30, 0xAC00, 0xF900, 0xFA60]
    blocks += [0xFB00, 0xFB50, 0xFE00, 0xFE30, 0xFF00, 0x10000, 0x10400, 0x105C0, 0x10780, 0x10D60, 0x11000, 0x11380]
    blocks += [0x11900, 0x1D100, 0x1D400, 0x1E030, 0x1E900, 0x1EE00, 0x1F100, 0x1F300, 0x1F600, 0x1F900, 0x1FBF0]
    blocks += [0x20000, 0x2A6D0, 0x2A700, 0x2B740, 0x2B820, 0x2B910, 0x2CEB0, 0x2F800, 0x30000]
    texts = ["", " ", "\t\n", "\u3000\u00a0", "\x00", "a\x00b", "\ufffd", "x" * 99, "x" * 100, "x" * 101, "y" * 700]
    texts += ["é" * 100, "é" * 101, "e\u0301" * 100, "e\u0301" * 101, "😀" * 60, "😀" * 120, "a" + "\u0301" * 300]
    texts += [f"left{c}right {c} {c}{c}end" for c in spaces + controls]
    texts += [f"{c}one  two{c}" for c in spaces]
    for block in blocks:
        letters = [chr(block + offset) for offset in range(48)]
        texts += ["".join(letters[i : i + 6]) for i in range(0, 48, 6)] + [" ".join(letters)]
    texts += ["👩‍👩‍👧‍👦 family", "👍🏽👍🏿", "🇩🇪🇫🇷", "🏳️‍🌈", "e\u0301\u0323", "e\u0323\u0301", "ḍ̇ q̣̇", "क्षि नमस्ते", "한글 한글"]
    texts += ["ΟΔΥΣΣΕΥΣ ΣΑΣ ΣΑΣ. Σ", "İIıi", "ǅ ǈ", "ẞß", "≮ ≯ a≮b", "\u037e \u0387 \u1fef", "ﬁ ﬂ ﬃ", "①②③ ½ ㎏ ㍿", "Å Å Å"]
    texts += ["𠀀𠀁漢字𪚥", "𝕳𝖊𝖑𝖑𝖔", "𝟘𝟙𝟚", "\u1100\u1161\u11a8", "ก็ ที่ น้ำ", "\u0e33", "بِسْمِ اللَّهِ", "۱۲۳ ١٢٣ १२३", "a\u00adb", "\r\n a\r\nb"]
    texts += ["https://example.com/a?b=c&d=%20#e", "f(x) = x**2; // ok", "foo_bar.baz()", "C:\\dir\\x.txt", "1,234.56€", "-1e-9"]
    texts += ["don't we'll I'M THEY'VE it''s 's", "...!!!???", "``quoted''", "a-b—c–d", "#tag @user", "\u2028x\u2029y", "x\u0085y"]
    for token in SPECIAL:
        texts += [token, f"a{token}b", f"a {token} b", f"  {token}  {token}", token.lower(), token[:-1], f"{token}{token}"]
        texts += [f"x\u00a0{token}\u3000y", token[0] + "\u200b" + token[1:], token + "\u0301", f"Extra{token}<extra one>ExtraWord"]
    pool = WORDS + SPECIAL + spaces + controls + [t for t in texts if 0 < len(t) < 12] + ["<extra one>", "ExtraWord"]
    while len(texts) < 2600:
        pieces = [chance.choice(pool if chance.random() < 0.5 else WORDS) for _ in range(chance.randint(1, 14))]
        joints = [chance.choice(["", " ", " ", " ", "  ", ", "]) for _ in pieces]
        text = "".join(piece + joint for piece, joint in zip(pieces, joints))
        texts.append(text.upper() if chance.random() < 0.1 else text)
    for count in (30, 31, 32, 62, 63, 64, 200):
        texts += [" ".join(["word"] * count), "好" * count, "a." * count, "é " * count, "[SEP]" * count]
    return texts


def train(model, trainer, normalizer, pre_tokenizer):
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizer
    tokenizer.train_from_iterator([w for w in WORDS for _ in range(5)] + hard_texts()[-300:], trainer)
    return json.loads(tokenizer.to_str())["model"]


def word_piece(lowercase, special):
    """Every letter of the words and of every sixth text, every word, and the ends of the words: no trainer, whose
    order of equal pieces changes from run to run."""
    normalize = normalizers.BertNormalizer(lowercase=lowercase).normalize_str
    split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str
    words = [word for text in WORDS for word, _ in split(normalize(text))]
    letters = sorted({letter for text in [*words, *map(normalize, hard_texts()[::6])] for letter in text if letter != " "})
    ends = {word[-length:] for word in words for length in (2, 3) if len(word) > length}
    return special + sorted({*words, *letters} | {f"##{piece}" for piece in [*letters, *ends]} - set(special))


def unigram_model(special):
    """Letters, words, and parts of words with scores of our own."""
    chance = random.Random(7687)
    normalize = normalizers.NFKC().normalize_str
    words = [normalize(word) for word in WORDS]
    letters = {letter for text in [*words, *map(normalize, hard_texts()[::6])] for letter in text if not letter.isspace()}
    parts = {word[i:j] for word in words for i in range(len(word)) for j in range(i + 2, min(len(word), i + 6))}
    pieces = sorted(letters | set(words) | {"▁" + word for word in words} | {"▁" + word[0] for word in words} | parts | {"▁"})
    # Scores as of a trained model: shorter pieces cost less, and no two ways cost the same.
    vocabulary = [[piece, -round(3 + len(piece) * 0.7 + 6 * chance.random(), 4)] for piece in pieces]
    return {"type": "Unigram", "unk_id": 3, "vocab": [[token, 0.0] for token in special] + vocabulary, "byte_fallback": False}


def precompiled_rules():
    import io

    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2 as proto

    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(WORDS * 20), model_writer=written, vocab_size=200, hard_vocab_limit=False,
        normalization_rule_name="nmt_nfkc", minloglevel=2,
    )  # fmt: skip
    model = proto.ModelProto()
    model.ParseFromString(written.getvalue())
    return base64.b64encode(model.normalizer_spec.precompiled_charsmap).decode()


def added(tokens, first=0, **flags):
    usual = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
    return [{"id": first + i, "content": token, **usual, **flags} for i, token in enumerate(tokens)]


def dump(value):
    return json.dumps(value, ensure_ascii=False)


def folders():
    """Name of the gold to the files of the model."""
    bert = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    roberta = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    config = {"model_type": "bert", "max_position_embeddings": 64, "pad_token_id": 0}
    uncased, cased = word_piece(True, bert), word_piece(False, bert)
    mpnet = word_piece(True, ["<s>", "<pad>", "</s>", "<unk>", "[UNK]"]) + ["<mask>"]

    def word_piece_json(pieces, tokens, **more):
        sections = {
            "version": "1.0", "truncation": {"direction": "Right", "max_length": 16, "strategy": "LongestFirst", "stride": 0},
            "padding": {"strategy": {"Fixed": 16}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0,
                        "pad_type_id": 0, "pad_token": "[PAD]"},
            "added_tokens": tokens, "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                                                   "strip_accents": None, "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", 3], "cls": ["[CLS]", 2]}, "decoder": None,
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": {piece: i for i, piece in enumerate(pieces)}},
        }  # fmt: skip
        return dump(sections | more)

    yield "bert-uncased", {
        "vocab.txt": "\n".join(uncased) + "\n",
        "config.json": dump(config),
        "tokenizer_config.json": dump({"tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": 512}),
        "sentence_bert_config.json": dump({"max_seq_length": 64, "do_lower_case": False}),
    }
    # tokenizer.json says uncased, tokenizer_config.json cased: the class of transformers 5 takes the latter.
    yield "bert-cased-mismatch", {
        "tokenizer.json": word_piece_json(cased, added(bert)),
        "config.json": dump(config),
        "tokenizer_config.json": dump({"tokenizer_class": "BertTokenizerFast", "do_lower_case": False}),
    }
    # The module's do_lower_case before a cased normalizer, and accents kept.
    yield "bert-lowered", {
        "vocab.txt": "\n".join(cased) + "\n",
        "config.json": dump(config),
        "tokenizer_config.json": dump({"do_lower_case": False, "tokenize_chinese_chars": False}),
        "sentence_bert_config.json": dump({"max_seq_length": 32, "do_lower_case": True}),
    }
    # tokenizer.json as it stands, with added tokens of every flag: the general path.
    extra = added(["ExtraWord"], len(uncased), special=False, normalized=True, single_word=True)
    extra += added(["<extra one>"], len(uncased) + 1, special=False, normalized=True, lstrip=True, rstrip=True)
    yield "bert-as-is", {
        "tokenizer.json": word_piece_json(uncased, added(bert) + extra),
        "config.json": dump(config),
        "tokenizer_config.json": dump({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 40, "pad_token": "[PAD]"}),
    }
    yield "mpnet", {
        "vocab.txt": "\n".join(mpnet) + "\n",
        "config.json": dump({"model_type": "mpnet", "max_position_embeddings": 514, "pad_token_id": 1}),
        "tokenizer_config.json": dump({"tokenizer_class": "MPNetTokenizer", "do_lower_case": True, "model_max_length": 128}),
        "special_tokens_map.json": dump({"mask_token": {"content": "<mask>", "lstrip": True, "normalized": False}}),
    }
    trainer = trainers.BpeTrainer(vocab_size=900, special_tokens=roberta, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())  # fmt: skip
    bpe = train(models.BPE(), trainer, None, pre_tokenizers.ByteLevel(add_prefix_space=False))
    for name, settings in (("roberta", {}), ("roberta-prefix-space", {"add_prefix_space": True})):
        yield name, {
            "vocab.json": dump(bpe["vocab"]),
            "merges.txt": "#version: 0.2\n" + "".join(" ".join(merge) + "\n" for merge in bpe["merges"]),
            "config.json": dump({"model_type": "roberta", "max_position_embeddings": 66, "pad_token_id": 1}),
            "tokenizer_config.json": dump({"model_max_length": 64} | settings),
        }
    rules = precompiled_rules()
    split = {"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"}, {"type": "Metaspace", "replacement": "▁",
             "prepend_scheme": "always", "split": True}]}  # fmt: skip
    unigram = unigram_model(roberta[:4])
    around = [{"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
              {"SpecialToken": {"id": "</s>", "type_id": 0}}]  # fmt: skip
    pair = around + [{"Sequence": {"id": "B", "type_id": 0}}]
    ids = {"<s>": {"id": "<s>", "ids": [0], "tokens": ["<s>"]}, "</s>": {"id": "</s>", "ids": [2], "tokens": ["</s>"]}}
    mask = added(["<mask>"], len(unigram["vocab"]), lstrip=True)
    precompiled = {"type": "Precompiled", "precompiled_charsmap": rules}
    nfkc = [{"type": "NFKC"}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            {"type": "Replace", "pattern": {"String": "…"}, "content": "..."}, {"type": "Lowercase"}]  # fmt: skip
    for name, class_name, normalizer, pre_tokenizer in (
        ("xlm-roberta", "XLMRobertaTokenizer", precompiled, split),
        ("unigram-as-is", "PreTrainedTokenizerFast", {"type": "Sequence", "normalizers": nfkc}, split["pretokenizers"][1]),
    ):
        yield name, {
            "tokenizer.json": dump({
                "version": "1.0", "truncation": None, "padding": None, "added_tokens": added(roberta[:4]) + mask,
                "normalizer": normalizer, "pre_tokenizer": pre_tokenizer,
                "post_processor": {"type": "TemplateProcessing", "single": around, "pair": pair, "special_tokens": ids},
                "decoder": None, "model": unigram,
            }),
            "config.json": dump({"model_type": "xlm-roberta", "max_position_embeddings": 514, "pad_token_id": 1}),
            "tokenizer_config.json": dump({"tokenizer_class": class_name, "model_max_length": 48, "pad_token": "<pad>"}),
        }  # fmt: skip


    yield from causal_folders()
    yield from unigram_folders(precompiled)


def causal_folders():
    """Byte-level BPE with a Split, and BPE over whole texts with bytes for unknown letters, as Qwen3 and Gemma have them."""
    none = {"version": "1.0", "truncation": None, "padding": None, "decoder": None, "normalizer": None}
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    split = lambda pattern: [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)]  # noqa: E731
    trainer = trainers.BpeTrainer(vocab_size=900, show_progress=False, initial_alphabet=alphabet)
    bpe = train(models.BPE(), trainer, normalizers.NFC(), pre_tokenizers.Sequence(split(QWEN)))
    ids = {"<|endoftext|>": {"id": "<|endoftext|>", "ids": [len(bpe["vocab"])], "tokens": ["<|endoftext|>"]}}
    text, end = {"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    append = {"type": "TemplateProcessing", "single": [text, end], "pair": [text, {"Sequence": {"id": "B", "type_id": 0}}, end], "special_tokens": ids}
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": False}
    pre = lambda pattern, **more: {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": False}, level | more]}  # noqa: E731
    # What tokenizer.json says of normalizer and pre_tokenizer is not what the class does.
    yield "qwen3", {
        "tokenizer.json": dump(none | {"added_tokens": added(special, len(bpe["vocab"])), "pre_tokenizer": pre("\\s+"),
                                       "post_processor": {"type": "Sequence", "processors": [level, append]}, "model": bpe}),
        "config.json": dump({"model_type": "qwen3", "max_position_embeddings": 40, "pad_token_id": 0}),
        "tokenizer_config.json": dump({"tokenizer_class": "Qwen2Tokenizer", "pad_token": "<|endoftext|>", "eos_token": "<|im_end|>",
                                       "padding_side": "left", "add_bos_token": False, "model_max_length": 131072}),
    }  # fmt: skip
    # EuroBERT and Llama 3: a template before and after, merges ignored for whole words.
    begin = {"SpecialToken": {"id": "<|endoftext|>", "type_id": 0}}
    around = append | {"single": [begin, text, end], "pair": [begin, text, {"SpecialToken": {"id": "<|endoftext|>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}, end]}
    yield "llama3-as-is", {
        "tokenizer.json": dump(none | {"added_tokens": added(special, len(bpe["vocab"])), "pre_tokenizer": pre(LLAMA3),
                                       "post_processor": {"type": "Sequence", "processors": [level, around]}, "model": bpe | {"ignore_merges": True}}),
        "config.json": dump({"model_type": "eurobert", "max_position_embeddings": 40, "pad_token_id": 0}),
        "tokenizer_config.json": dump({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<|endoftext|>",
                                       "model_input_names": ["input_ids", "attention_mask"]}),
    }  # fmt: skip
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
    trainer = trainers.BpeTrainer(vocab_size=1100, special_tokens=special + [f"<0x{byte:02X}>" for byte in range(256)], show_progress=False)
    gemma = train(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), trainer, normalizers.Replace(" ", "▁"), pre_tokenizers.Split("▁", "merged_with_next"))
    # Merges over spaces, and rows of spaces, which Gemma has too.
    for left, right in (("▁", "▁"), ("▁▁", "▁▁"), ("\n", "\n"), ("▁the", "▁"), ("d", "▁")):
        for token in (left, right, left + right):
            gemma["vocab"].setdefault(token, len(gemma["vocab"]))
        gemma["merges"].append([left, right])
    ids = {name: {"id": name, "ids": [place], "tokens": [name]} for name, place in (("<bos>", 2), ("<eos>", 1))}
    begin, end = ({"SpecialToken": {"id": name, "type_id": 0}} for name in ids)
    template = {"type": "TemplateProcessing", "single": [begin, text, end], "pair": [begin, text, begin, {"Sequence": {"id": "B", "type_id": 1}}, end], "special_tokens": ids}
    sections = none | {"added_tokens": added(special), "post_processor": template, "model": gemma, "pre_tokenizer": None}
    marks = {"normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}}
    at_spaces = {"pre_tokenizer": {"type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False}}
    # mmBERT has the tokenizer of Gemma 2, and its model type no class: tokenizer.json is taken as it stands.
    for name, class_name, kind, more in (
        ("gemma3", "GemmaTokenizerFast", "gemma3_text", {}),
        ("bpe-unknown-as-is", "PreTrainedTokenizerFast", "gemma3_text", {"model": without_bytes(gemma)} | marks),
        ("mmbert", "GemmaTokenizer", "modernbert", marks | at_spaces),
    ):
        yield name, {
            "tokenizer.json": dump(sections | more),
            "config.json": dump({"model_type": kind, "max_position_embeddings": 48, "pad_token_id": 0}),
            "tokenizer_config.json": dump({"tokenizer_class": class_name, "add_bos_token": True, "add_eos_token": False, "bos_token": "<bos>",
                                           "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>", "model_max_length": 2048}),
        }  # fmt: skip


def unigram_folders(precompiled):
    """The classes of CamemBERT, T5, ALBERT and DeBERTa-v2, Llama's, and what else tokenizer.json may say."""
    none = {"version": "1.0", "truncation": None, "padding": None, "decoder": None, "normalizer": None, "pre_tokenizer": None, "post_processor": None}
    config = lambda kind: dump({"model_type": kind, "max_position_embeddings": 48, "pad_token_id": 0})  # noqa: E731
    roberta, bert = ["<s>", "<pad>", "</s>", "<unk>"], ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"]
    camembert = unigram_model(["<s>NOTUSED", "<pad>", "</s>NOTUSED", "<unk>", "<unk>NOTUSED", "<s>", "</s>", "<mask>"])
    text, second = {"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}
    token = lambda name, type_id=0: {"SpecialToken": {"id": name, "type_id": type_id}}  # noqa: E731
    yield "camembert", {
        "tokenizer.json": dump(none | {"added_tokens": added(["<s>", "</s>"], 5), "normalizer": precompiled, "model": camembert}),
        "config.json": config("camembert"), "tokenizer_config.json": dump({"tokenizer_class": "CamembertTokenizerFast", "model_max_length": 40}),
    }  # fmt: skip
    t5 = unigram_model(["<pad>", "</s>", "<unk>"])
    yield "t5", {
        "tokenizer.json": dump(none | {"added_tokens": added(["<pad>", "</s>", "<unk>"]), "normalizer": precompiled, "model": t5 | {"unk_id": 2}}),
        "config.json": config("t5"), "tokenizer_config.json": dump({"tokenizer_class": "T5Tokenizer", "model_max_length": 40, "extra_ids": 5}),
    }  # fmt: skip
    # As sentence-t5 is published: the extra tokens are pieces of the vocabulary, and listed.
    extra = [f"<extra_id_{i}>" for i in range(7)]
    listed = t5 | {"unk_id": 2, "vocab": t5["vocab"] + [[token, 0.0] for token in reversed(extra)]}
    special = added(["<pad>", "</s>", "<unk>"]) + added(extra[::-1], len(t5["vocab"]))
    yield "t5-listed", {
        "tokenizer.json": dump(none | {"added_tokens": special, "model": listed}), "config.json": config("t5"),
        "tokenizer_config.json": dump({"tokenizer_class": "T5Tokenizer", "model_max_length": 40, "extra_ids": 7, "additional_special_tokens": extra,
                                       "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>"}),
    }  # fmt: skip
    albert = unigram_model(["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]) | {"unk_id": 1}
    ids = {name: {"id": name, "ids": [place], "tokens": [name]} for name, place in (("[CLS]", 2), ("[SEP]", 3))}
    template = {"type": "TemplateProcessing", "single": [token("[CLS]"), text, token("[SEP]")],
                "pair": [token("[CLS]"), text, token("[SEP]"), second, token("[SEP]", 1)], "special_tokens": ids}  # fmt: skip
    special = added(["<pad>", "<unk>", "[CLS]", "[SEP]"]) + added(["[MASK]"], 4, lstrip=True)
    for name, settings, processor in (("albert", {}, template), ("albert-accents", {"keep_accents": True, "do_lower_case": False}, None)):
        yield name, {
            "tokenizer.json": dump(none | {"added_tokens": special, "normalizer": {"type": "Sequence", "normalizers": [] if processor is None else [precompiled]}, "model": albert, "post_processor": processor}),
            "config.json": config("albert"), "tokenizer_config.json": dump({"tokenizer_class": "AlbertTokenizer", "model_max_length": 40} | settings),
        }  # fmt: skip
    deberta = unigram_model(bert)
    for name, settings in (("deberta-v2", {}), ("deberta-v2-punctuation", {"do_lower_case": True, "split_by_punct": True}), ("deberta-v2-first", {"add_prefix_space": False})):
        yield name, {
            "tokenizer.json": dump(none | {"added_tokens": added(bert), "normalizer": {"type": "Lowercase"}, "model": deberta}),
            "config.json": config("deberta-v2"), "tokenizer_config.json": dump({"tokenizer_class": "DebertaV2Tokenizer", "model_max_length": 40} | settings),
        }  # fmt: skip
    special = roberta[:3] + ["<unk>"]
    trainer = trainers.BpeTrainer(vocab_size=1000, special_tokens=special + [f"<0x{byte:02X}>" for byte in range(256)], show_progress=False)
    llama = train(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), trainer, None, pre_tokenizers.Metaspace(prepend_scheme="always"))
    for name, settings in (("llama", {}), ("llama-legacy", {"legacy": True})):
        yield name, {
            "tokenizer.json": dump(none | {"added_tokens": added(special), "model": llama}),
            "config.json": config("gemma"), "tokenizer_config.json": dump({"tokenizer_class": "LlamaTokenizer", "pad_token": "<pad>", "model_max_length": 40} | settings),
        }  # fmt: skip
    byte_unigram = unigram_model([*roberta, *[f"<0x{byte:02X}>" for byte in range(256)]]) | {"byte_fallback": True}
    steps = [{"type": "Strip", "strip_left": True, "strip_right": False}, {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Prepend", "prepend": "▁"},
             {"type": "Replace", "pattern": {"Regex": "\\s{2,}|[\\n\\r]"}, "content": " _ "}]  # fmt: skip
    split = [{"type": "Digits", "individual_digits": False}, {"type": "Punctuation", "behavior": "MergedWithNext"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True}]
    yield "unigram-bytes-as-is", {
        "tokenizer.json": dump(none | {"added_tokens": added(roberta), "model": byte_unigram, "normalizer": {"type": "Sequence", "normalizers": steps}, "pre_tokenizer": {"type": "Sequence", "pretokenizers": split}}),
        "config.json": config("xlm-roberta"), "tokenizer_config.json": dump({"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "<pad>", "model_max_length": 40}),
    }  # fmt: skip


def without_bytes(model):
    """The same tokens and merges; an unknown letter is `<unk>`, each one its own."""
    return model | {"byte_fallback": True, "fuse_unk": False, "vocab": {("x" + token[1:] if token.startswith("<0x") else token): i for token, i in model["vocab"].items()}}


def encode(folder, texts):
    """Ids as `Transformer` of sentence-transformers 6.2 has them, and what the interface tells of the tokenizer."""
    from sentence_transformers.base.modules.transformer import _has_lowercase

    read = lambda name: json.loads((folder / name).read_text()) if (folder / name).exists() else {}  # noqa: E731
    module, config = read("sentence_bert_config.json"), read("config.json")
    kwargs = {} if module.get("max_seq_length") is None else {"model_max_length": module["max_seq_length"]}
    tokenizer = AutoTokenizer.from_pretrained(folder, **kwargs)
    if not kwargs:
        tokenizer.model_max_length = min(tokenizer.model_max_length, config["max_position_embeddings"])
    backend = tokenizer.backend_tokenizer
    if module.get("do_lower_case") and not _has_lowercase(backend.normalizer):
        backend.normalizer = normalizers.Sequence([normalizers.Lowercase(), backend.normalizer])
    prompts = ["", "query: ", "Represent this sentence:", "[SEP]", "a </s>", "<mask> "]
    lengths = []
    for prompt in prompts:
        ids = tokenizer([prompt], truncation="longest_first")["input_ids"][0]
        lengths.append(len(ids) - (bool(ids) and ids[-1] in tokenizer.all_special_ids))
    return {
        "maxLength": tokenizer.model_max_length, "padId": tokenizer.pad_token_id,
        "specialIds": sorted(set(tokenizer.all_special_ids)), "promptLengths": dict(zip(prompts, lengths)),
        "ids": tokenizer(texts, truncation="longest_first")["input_ids"], "pairs": list(pairs(tokenizer, len(texts), texts)),
    }  # fmt: skip


def pairs(tokenizer, count, texts):
    """`[place of the first text, of the second, maximum length, ids, token types]`; no types where the network has none."""
    chance = random.Random(4711)
    for _ in range(200):
        first, second, length = chance.randrange(count), chance.randrange(count), chance.choice([4, 5, 6, 7, 9, 12, 13, 20, 33])
        pair = tokenizer(texts[first], texts[second], truncation="longest_first", max_length=length)
        yield [first, second, length, pair["input_ids"], pair.get("token_type_ids")]


def write(path, value):
    with gzip.GzipFile(path, "wb", compresslevel=9, mtime=0) as file:
        file.write(dump(value).encode())
    print(path, path.stat().st_size)


def main(target, real=None):
    target = pathlib.Path(target)
    texts = hard_texts()
    write(target / "texts.json.gz", {"versions": VERSIONS, "texts": texts})
    for name, files in folders():
        with tempfile.TemporaryDirectory() as folder:
            for file, text in files.items():
                (pathlib.Path(folder) / file).write_text(text, encoding="utf-8", newline="\n")
            write(target / f"{name}.json.gz", {"versions": VERSIONS, "files": files, **encode(pathlib.Path(folder), texts)})
    if real is not None:
        write(target / "all-MiniLM-L6-v2.json.gz", {"versions": VERSIONS, **encode(pathlib.Path(real), texts)})


if __name__ == "__main__":
    main(*sys.argv[1:])
