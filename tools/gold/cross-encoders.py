"""Tiny cross-encoders (test/fixtures/cross-encoders) and what sentence-transformers says of them.

Purpose: one reference for every classification head, form of folder, activation and length that `CrossEncoder` supports.
Weights are random and seeded: the numbers mean nothing, their equality does. Writes `test/gold/cross-encoders.json.gz`:
for each model and case the files of the folder that are replaced, the arguments, and the scores or the ranking.
Source: sentence-transformers, transformers and torch in the versions of requirements.txt, float32 on the CPU.
Limits: no pretrained weights, no downloads.
"""

import gzip
import json
import shutil
import tempfile
from pathlib import Path

import torch
import transformers
from models import FIXTURES as MODELS
from models import ROOT, SENTENCES, VERSIONS, write_json
from sentence_transformers import CrossEncoder
from torch import nn

FIXTURES = ROOT / "test/fixtures/cross-encoders"
PAIRS = [
    *zip(SENTENCES[:6], SENTENCES[6:12]),
    (SENTENCES[15], SENTENCES[16]),  # the second text is long
    (SENTENCES[16], SENTENCES[15]),  # the first one is
    (SENTENCES[16], SENTENCES[16]),  # both are
    ("", ""),
    ("hello", SENTENCES[17]),
    *zip(SENTENCES[::-1][:5], SENTENCES[:5]),
]
DOCUMENTS = [*SENTENCES[:6], *SENTENCES[7:14]]  # the seventh has the ids of the sixth: their order would be noise
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "vocab.txt", "special_tokens_map.json")
HEADS = {  # fixture of models.py: class of the head
    "bert": transformers.BertForSequenceClassification,
    "roberta": transformers.RobertaForSequenceClassification,
    "xlm-roberta": transformers.XLMRobertaForSequenceClassification,
    "distilbert": transformers.DistilBertForSequenceClassification,
    "mpnet": transformers.MPNetForSequenceClassification,
    "electra": transformers.ElectraForSequenceClassification,
    "albert": transformers.AlbertForSequenceClassification,
    "deberta-v2": transformers.DebertaV2ForSequenceClassification,
    "gte-native": transformers.GteForSequenceClassification,
    "nomic-native": transformers.NomicBertForSequenceClassification,
    "modernbert-native": transformers.ModernBertForSequenceClassification,
    "modernbert-hub": transformers.ModernBertForSequenceClassification,
    "deberta-v2-own-keys": transformers.DebertaV2ForSequenceClassification,
}
PATHS = {k: f"torch.nn.modules.{v}" for k, v in {"identity": "linear.Identity", "sigmoid": "activation.Sigmoid",
         "tanh": "activation.Tanh", "softmax": "activation.Softmax", "relu": "activation.ReLU"}.items()}  # fmt: skip
FUNCTIONS = {"identity": nn.Identity, "sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "softmax": nn.Softmax, "relu": nn.ReLU}


def build(name, labels, seed):
    """A plain transformers folder, as `save_pretrained` makes it."""
    config = transformers.AutoConfig.from_pretrained(MODELS / name, num_labels=labels, dtype="float32")
    if name == "modernbert-hub":  # as gte-reranker-modernbert-base has it
        config.classifier_pooling, config.classifier_bias, config.classifier_activation = "mean", True, "silu"
    torch.manual_seed(seed)
    model = HEADS[name](config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3 if parameter.ndim > 1 else 0.5)
    folder = FIXTURES / f"{name}-{labels}"
    shutil.rmtree(folder, ignore_errors=True)
    model.save_pretrained(folder)
    for file in TOKENIZER:
        if (MODELS / name / file).exists():
            shutil.copy(MODELS / name / file, folder / file)
    if name == "deberta-v2-own-keys":  # with types of tokens, which its tokenizer is to tell
        settings = json.loads((folder / "tokenizer_config.json").read_text())
        write_json(folder / "tokenizer_config.json", settings | {"model_input_names": ["input_ids", "token_type_ids", "attention_mask"]})
    return folder


def run(folder, name, files=None, load=None, method="predict", **options):
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "model"
        shutil.copytree(folder, copy)
        for file, content in (files or {}).items():
            write_json(copy / file, content)
        arguments = {k: FUNCTIONS[v]() if k == "activation_fn" else v for k, v in (load or {}).items()}
        model = CrossEncoder(str(copy), device="cpu", **arguments)
        called = {k: FUNCTIONS[v]() if k == "activation_fn" else v for k, v in options.items()}
        case = {"name": name, "files": files or {}, "load": load or {}, "method": method, "options": options}
        case["numLabels"] = model.num_labels
        if method == "rank":
            ranked = model.rank(SENTENCES[15], DOCUMENTS, **called)
            case["ranked"] = ranked
        else:
            case["scores"] = model.predict(PAIRS, **called).tolist()
        return case


def cases(folder, labels):
    json_of = json.loads((folder / "config.json").read_text())
    modules = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.base.modules.transformer.Transformer"}]
    saved = {
        "modules.json": modules,
        "sentence_bert_config.json": {
            "transformer_task": "sequence-classification",
            "modality_config": {"text": {"method": "forward", "method_output_name": "logits"}},
            "module_output_name": "scores",
        },
        "config_sentence_transformers.json": {
            "model_type": "CrossEncoder", "prompts": {"query": "hello world: "}, "default_prompt_name": None,
            "activation_fn": PATHS["identity"],
        },
    }  # fmt: skip
    yield run(folder, "plain")
    yield run(folder, "max_length 12", load={"max_length": 12})
    yield run(folder, "max_length 13", load={"max_length": 13})
    yield run(folder, "max_length 56, above that of the tokenizer", load={"max_length": 56})
    yield run(folder, "identity", activation_fn="identity")
    yield run(folder, "saved by 6", files=saved)
    if labels > 1:
        yield run(folder, "softmax", apply_softmax=True)
        yield run(folder, "sigmoid, then softmax", apply_softmax=True, activation_fn="sigmoid")
        return
    yield run(folder, "rank", method="rank")
    yield run(folder, "rank top 3", method="rank", top_k=3, return_documents=True)
    if folder.name != "bert-1":
        return
    for kind, path in PATHS.items():
        yield run(folder, f"config.json of 4 and 5: {kind}",
                  files={"config.json": {**json_of, "sentence_transformers": {"activation_fn": path, "version": "4.1.0"}}})  # fmt: skip
    yield run(folder, "config.json of 2 and 3",
              files={"config.json": {**json_of, "sbert_ce_default_activation_function": PATHS["identity"]}})  # fmt: skip
    yield run(folder, "an activation that is not torch's",
              files={"config.json": {**json_of, "sentence_transformers": {"activation_fn": "my.Activation"}}})  # fmt: skip
    yield run(folder, "prompt", files=saved, prompt="the quick ")
    yield run(folder, "prompt by name", files=saved, prompt_name="query")
    default = {**saved["config_sentence_transformers.json"], "default_prompt_name": "query"}
    yield run(folder, "default prompt", files={**saved, "config_sentence_transformers.json": default})
    short = {**saved["sentence_bert_config.json"], "max_seq_length": 20}
    yield run(folder, "max_seq_length", files={**saved, "sentence_bert_config.json": short})
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    other = {"tokenizer_config.json": {**settings, "tokenizer_class": "DistilBertTokenizer"}}
    yield run(folder, "DistilBertTokenizer, which gives no types", files=other)


def main():
    gold = {"versions": VERSIONS, "pairs": PAIRS, "query": SENTENCES[15], "documents": DOCUMENTS, "models": {}}
    names = list(HEADS)
    models = [*((name, 1) for name in names[:5]), ("bert", 3), ("roberta", 3), *((name, 1) for name in names[5:])]
    for seed, (name, labels) in enumerate(models):
        folder = build(name, labels, seed)
        gold["models"][folder.name] = list(cases(folder, labels))
    text = json.dumps(gold, ensure_ascii=False).encode()
    (ROOT / "test/gold/cross-encoders.json.gz").write_bytes(gzip.compress(text, mtime=0))


if __name__ == "__main__":
    main()
