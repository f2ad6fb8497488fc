"""Tiny sparse encoders (test/fixtures/sparse-encoders) and what sentence-transformers says of them.

Purpose: one reference for every masked language head, form of folder, pooling and option that `SparseEncoder` supports.
Weights are random and seeded: the numbers mean nothing, their equality does. Writes `test/gold/sparse-encoders.json.gz`:
for each model and case the files of the folder that are replaced, the arguments, and the active dimensions of each text.
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
from sentence_transformers import SparseEncoder
from sentence_transformers.base.modules import Router, Transformer
from sentence_transformers.sentence_transformer.modules import Pooling
from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder, SparseStaticEmbedding, SpladePooling

FIXTURES = ROOT / "test/fixtures/sparse-encoders"
# Empty texts have special tokens alone; the 17th is longer than the models read.
TEXTS = [*SENTENCES[:3], SENTENCES[5], *SENTENCES[8:12], *SENTENCES[15:]]
TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "vocab.txt", "special_tokens_map.json")
HEADS = {  # fixture of models.py: class of the head
    "bert": transformers.BertForMaskedLM,
    "roberta": transformers.RobertaForMaskedLM,
    "xlm-roberta": transformers.XLMRobertaForMaskedLM,
    "distilbert": transformers.DistilBertForMaskedLM,
    "mpnet": transformers.MPNetForMaskedLM,
    "electra": transformers.ElectraForMaskedLM,
    "albert": transformers.AlbertForMaskedLM,
    "gte-native": transformers.GteForMaskedLM,
    "modernbert-native": transformers.ModernBertForMaskedLM,
}


def plain(name, folder, seed, **settings):
    """A plain transformers folder of a model with a masked language head, as `save_pretrained` makes it."""
    config = transformers.AutoConfig.from_pretrained(MODELS / name, dtype="float32", **settings)
    torch.manual_seed(seed)
    model = HEADS[name](config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0, 0.3 if parameter.ndim > 1 else 0.5)
    model.save_pretrained(folder)
    for file in TOKENIZER:
        if (MODELS / name / file).exists():
            shutil.copy(MODELS / name / file, folder / file)


def save(name, modules, **options):
    folder = FIXTURES / name
    shutil.rmtree(folder, ignore_errors=True)
    SparseEncoder(modules=modules, device="cpu", **options).save_pretrained(str(folder), create_model_card=False)
    return folder


def splade(source, **pooling):
    return [Transformer(str(source), transformer_task="fill-mask"), SpladePooling(**pooling)]


def build(temporary):
    for seed, name in enumerate(HEADS):
        source = temporary / name
        plain(name, source, seed)
        yield save(name, splade(source))
    untied = temporary / "untied"
    plain("bert", untied, 20, tie_word_embeddings=False)
    yield save("bert-untied", splade(untied))
    biased = temporary / "biased"
    plain("modernbert-native", biased, 21, classifier_bias=True, norm_bias=True, decoder_bias=False,
          classifier_activation="silu")  # fmt: skip
    yield save("modernbert-biases", splade(biased))
    bert = temporary / "bert"
    tokenizer = transformers.AutoTokenizer.from_pretrained(bert)
    torch.manual_seed(22)
    weight = torch.rand(len(tokenizer)) * (torch.rand(len(tokenizer)) > 0.2)  # some tokens count for nothing
    router = Router.for_query_document(
        query_modules=[SparseStaticEmbedding(tokenizer=tokenizer, weight=weight, frozen=True)],
        document_modules=splade(temporary / "distilbert", pooling_strategy="max", activation_function="log1p_relu"),
    )
    yield save("inference-free", [router], similarity_fn_name="dot")
    torch.manual_seed(23)
    dense = Transformer(str(MODELS / "bert"))
    width = dense.get_embedding_dimension()
    encoder = SparseAutoEncoder(input_dim=width, hidden_dim=4 * width, k=8, k_aux=16)
    with torch.no_grad():
        for parameter in encoder.parameters():
            parameter.normal_(0, 0.3)
    yield save("csr", [dense, Pooling(width, "mean"), encoder])


def rows(embeddings):
    """The active dimensions of each text: their indices and values."""
    found = []
    for row in embeddings.to_dense():
        active = row.nonzero().flatten()
        found.append([active.tolist(), [float(f"{x:.7g}") for x in row[active].tolist()]])
    return found


def run(folder, name, files=None, load=None, method="encode", texts=TEXTS, **options):
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / "model"
        shutil.copytree(folder, copy)
        for file, content in (files or {}).items():
            (copy / file).unlink(missing_ok=True) if content is None else write_json(copy / file, content)
        model = SparseEncoder(str(copy), device="cpu", **(load or {}))
        case = {"name": name, "files": files or {}, "load": load or {}, "method": method, "options": options}
        embeddings = getattr(model, method)(list(texts), **options)
        case |= {"texts": len(texts), "dimension": model.get_embedding_dimension(), "rows": rows(embeddings)}
        return case, model, embeddings


def cases(folder):
    case, model, embeddings = run(folder, "encode")
    read = lambda file: json.loads((folder / file).read_text())  # noqa: E731
    if folder.name != "bert":
        yield case
    else:
        few = embeddings.to_dense()[:5].to_sparse()
        case["decoded"] = model.decode(few, top_k=4)
        case["sparsity"] = model.sparsity(embeddings)
        case["intersection"] = rows(model.intersection(few[0], few))
        case["similarities"] = {}
        case["pairwise"] = {}
        for function in ("dot", "cosine", "euclidean", "manhattan"):
            model.similarity_fn_name = function
            # In float32 a euclidean distance is the root of a difference of squares, not 0 for equal embeddings.
            first, others = few.to_dense().double(), embeddings.to_dense().double()
            case["similarities"][function] = model.similarity(first, others).tolist()
            case["pairwise"][function] = model.similarity_pairwise(first, first.flip(0)).tolist()
        yield case
        config = "config_sentence_transformers.json"
        prompts = {"prompts": {"query": "hello world: ", "document": ""}, "default_prompt_name": "query"}
        saved = {config: read(config) | prompts}
        for method in ("encode", "encode_query", "encode_document"):
            yield run(folder, f"{method} with prompts", saved, method=method, texts=TEXTS[:4])[0]
        yield run(folder, "a prompt", texts=TEXTS[:4], prompt="the quick ")[0]
        yield run(folder, "5 active dimensions", texts=TEXTS[:4], max_active_dims=5)[0]
        yield run(folder, "7 by load", load={"max_active_dims": 7}, texts=TEXTS[:4])[0]
        yield run(folder, "6 by the config", {config: read(config) | {"max_active_dims": 6}}, texts=TEXTS[:4])[0]
        pooling = "1_SpladePooling/config.json"
        for strategy in ("max", "sum"):
            for function in ("relu", "log1p_relu"):
                settings = {"pooling_strategy": strategy, "activation_function": function}
                yield run(folder, f"{strategy} of {function}", {pooling: settings})[0]
        old = [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.sparse_encoder.models.MLMTransformer"},
            {"idx": 1, "name": "1", "path": "1_SpladePooling", "type": "sentence_transformers.sparse_encoder.models.SpladePooling"},
        ]  # fmt: skip
        keys = {"max_seq_length": 20, "do_lower_case": False}
        version5 = {"modules.json": old, "sentence_bert_config.json": keys}
        yield run(folder, "saved by 5", version5 | {pooling: {"word_embedding_dimension": case["dimension"]}})[0]
        yield run(folder, "plain", dict.fromkeys(("modules.json", "sentence_bert_config.json", config)))[0]
    if folder.name == "inference-free":
        for method in ("encode_query", "encode_document"):
            yield run(folder, method, method=method)[0]
        yield run(folder, "3 of a query", method="encode_query", max_active_dims=3)[0]


def main():
    gold = {"versions": VERSIONS, "texts": TEXTS, "models": {}}
    with tempfile.TemporaryDirectory() as temporary:
        for folder in build(Path(temporary)):
            gold["models"][folder.name] = list(cases(folder))
    text = json.dumps(gold, ensure_ascii=False).encode()
    (ROOT / "test/gold/sparse-encoders.json.gz").write_bytes(gzip.compress(text, mtime=0))


if __name__ == "__main__":
    main()
