"""The clients of PyPI against `hpd serve`: each has to give what `encode` gives. See README.md beside this file.

    python clients.py URL EXPECTED.json
"""

import json
import math
import sys

import cohere
import huggingface_hub
import ollama
import openai
from langchain_openai import OpenAIEmbeddings
from llama_index.embeddings.openai import OpenAIEmbedding

url, file = sys.argv[1:]
with open(file) as opened:
    expected = json.load(opened)
texts, unit = expected["texts"], expected["unit"]
name = "text-embedding-3-small"


def close(actual, wanted):
    assert len(actual) == len(wanted)
    assert all(abs(a - b) < 1e-5 for a, b in zip(actual, wanted))


def all_close(actual):
    assert len(actual) == len(unit)
    for a, b in zip(actual, unit):
        close(a, b)


def shortened(vector, dimensions):
    cut = vector[:dimensions]
    length = math.sqrt(sum(x * x for x in cut))
    return [x / length for x in cut]


client = openai.OpenAI(base_url=f"{url}/v1", api_key="sesame", max_retries=0)
all_close([each.embedding for each in client.embeddings.create(model=name, input=texts).data])
close(client.embeddings.create(model=name, input=texts[0], dimensions=8).data[0].embedding, shortened(unit[0], 8))
close(client.embeddings.create(model=name, input=[expected["ids"]]).data[0].embedding, unit[0])
assert [each.id for each in client.models.list()] == [name, "rerank"]
try:
    client.embeddings.create(model="none", input="a")
    raise AssertionError("no error")
except openai.NotFoundError as error:
    assert error.code == "model_not_found"
print("openai: as expected")

langchain = OpenAIEmbeddings(
    model=name, api_key="sesame", base_url=f"{url}/v1", check_embedding_ctx_length=False, max_retries=0
)
all_close(langchain.embed_documents(texts))
close(langchain.embed_query(texts[0]), unit[0])
print("langchain-openai: as expected")

llama = OpenAIEmbedding(model=name, api_key="sesame", api_base=f"{url}/v1", max_retries=0)
all_close(llama.get_text_embedding_batch(texts))
close(llama.get_query_embedding(texts[0]), unit[0])
print("llama-index-embeddings-openai: as expected")

client = ollama.Client(host=url, headers={"authorization": "Bearer sesame"})
all_close(client.embed(model=name, input=texts).embeddings)
assert [each.model for each in client.list().models] == [f"{name}:latest", "rerank:latest"]
try:
    client.embed(model="none", input="a")
    raise AssertionError("no error")
except ollama.ResponseError as error:
    assert error.status_code == 404 and "not found" in error.error
print("ollama: as expected")

client = cohere.ClientV2(base_url=url, api_key="sesame")
answer = client.embed(model=name, texts=texts, input_type="search_document", embedding_types=["float", "int8", "ubinary"])
all_close(answer.embeddings.float_)
assert len(answer.embeddings.ubinary[0]) == len(unit[0]) // 8
answer = client.embed(model=name, texts=texts[:1], input_type="search_query", embedding_types=["float"])
close(answer.embeddings.float_[0], expected["query"])
ranked = client.rerank(model="rerank", query=texts[0], documents=texts, top_n=2)
assert len(ranked.results) == 2 and ranked.results[0].relevance_score >= ranked.results[1].relevance_score
print("cohere: as expected")

client = huggingface_hub.InferenceClient(base_url=url, token="sesame")
all_close(client.feature_extraction(texts).tolist())
print("huggingface_hub: as expected")
