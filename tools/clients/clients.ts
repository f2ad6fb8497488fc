/**
 * The clients of npm against `hpd serve`: each has to give what `encode` gives. See README.md beside this file.
 *
 *   node clients.ts URL EXPECTED.json
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { InferenceClient } from "@huggingface/inference";
import { OpenAIEmbeddings } from "@langchain/openai";
import { OpenAIEmbedding } from "@llamaindex/openai";
import { CohereClientV2, CohereError } from "cohere-ai";
import { Ollama } from "ollama";
import OpenAI from "openai";

const [url, file] = process.argv.slice(2) as [string, string];
const { texts, unit, query, ids } = JSON.parse(readFileSync(file, "utf8")) as {
  texts: string[];
  /** Of length 1. */
  unit: number[][];
  query: number[];
  ids: number[];
};

function close(actual: ArrayLike<number>, expected: readonly number[]): void {
  assert.equal(actual.length, expected.length);
  for (const [at, x] of expected.entries())
    assert.ok(Math.abs(actual[at]! - x) < 1e-5, `${at}: ${actual[at]}, not ${x}`);
}

function allClose(actual: readonly ArrayLike<number>[]): void {
  assert.equal(actual.length, unit.length);
  for (const [at, row] of unit.entries()) close(actual[at]!, row);
}

function shortened(vector: readonly number[], dimensions: number): number[] {
  const cut = vector.slice(0, dimensions);
  const length = Math.hypot(...cut);
  return cut.map((x) => x / length);
}

async function done(name: string, run: () => Promise<void>): Promise<void> {
  await run();
  console.log(`${name}: as expected`);
}

await done("openai", async () => {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: "sesame", maxRetries: 0 });
  const answer = await client.embeddings.create({ model: "text-embedding-3-small", input: texts });
  allClose(answer.data.map(({ embedding }) => embedding));
  assert.ok(answer.usage.total_tokens > texts.length);
  const floats = await client.embeddings.create({
    model: "text-embedding-3-small",
    input: texts,
    encoding_format: "float",
  });
  allClose(floats.data.map(({ embedding }) => embedding));
  const cut = await client.embeddings.create({ model: "text-embedding-3-small", input: texts[0]!, dimensions: 8 });
  close(cut.data[0]!.embedding, shortened(unit[0]!, 8));
  const own = await client.embeddings.create({ model: "text-embedding-3-small", input: ids });
  close(own.data[0]!.embedding, unit[0]!);
  assert.deepEqual(
    (await client.models.list()).data.map(({ id }) => id),
    ["text-embedding-3-small", "rerank"],
  );
  await assert.rejects(client.embeddings.create({ model: "none", input: "a" }), (error) => {
    assert.ok(error instanceof OpenAI.NotFoundError);
    assert.equal(error.code, "model_not_found");
    assert.match(error.message, /The model "none" does not exist/);
    assert.ok(error.requestID);
    return true;
  });
  await assert.rejects(
    client.embeddings.create({ model: "text-embedding-3-small", input: [] }),
    OpenAI.BadRequestError,
  );
  const stranger = new OpenAI({ baseURL: `${url}/v1`, apiKey: "wrong", maxRetries: 0 });
  await assert.rejects(stranger.models.list(), OpenAI.AuthenticationError);
});

await done("@langchain/openai", async () => {
  const embeddings = new OpenAIEmbeddings({
    model: "text-embedding-3-small",
    apiKey: "sesame",
    configuration: { baseURL: `${url}/v1` },
  });
  allClose(await embeddings.embedDocuments(texts));
  close(await embeddings.embedQuery(texts[0]!), unit[0]!);
});

await done("@llamaindex/openai", async () => {
  const embeddings = new OpenAIEmbedding({
    model: "text-embedding-3-small",
    apiKey: "sesame",
    baseURL: `${url}/v1`,
    maxRetries: 0,
  });
  allClose(await embeddings.getTextEmbeddings(texts));
  close(await embeddings.getTextEmbedding(texts[0]!), unit[0]!);
});

await done("ollama", async () => {
  const client = new Ollama({ host: url, headers: { authorization: "Bearer sesame" } });
  const answer = await client.embed({ model: "text-embedding-3-small", input: texts });
  allClose(answer.embeddings);
  const cut = await client.embed({ model: "text-embedding-3-small:latest", input: texts[0]!, dimensions: 8 });
  close(cut.embeddings[0]!, shortened(unit[0]!, 8));
  assert.deepEqual(
    (await client.list()).models.map(({ name }) => name),
    ["text-embedding-3-small:latest", "rerank:latest"],
  );
  assert.ok((await client.show({ model: "text-embedding-3-small" })).details.family);
  assert.ok((await client.embeddings({ model: "text-embedding-3-small", prompt: texts[0]! })).embedding.length > 8);
  await assert.rejects(client.embed({ model: "none", input: "a" }), /model "none" not found/);
});

await done("cohere-ai", async () => {
  const client = new CohereClientV2({ environment: url, token: "sesame" });
  const answer = await client.embed({
    model: "text-embedding-3-small",
    texts,
    inputType: "search_document",
    embeddingTypes: ["float", "int8", "uint8", "binary", "ubinary", "base64"],
  });
  allClose(answer.embeddings.float!);
  for (const type of ["int8", "uint8"] as const) assert.equal(answer.embeddings[type]![0]!.length, unit[0]!.length);
  for (const type of ["binary", "ubinary"] as const)
    assert.equal(answer.embeddings[type]![0]!.length, unit[0]!.length / 8);
  assert.equal(Buffer.from(answer.embeddings.base64![0]!, "base64").readFloatLE(0), answer.embeddings.float![0]![0]);
  const asked = await client.embed({
    model: "text-embedding-3-small",
    texts: [texts[0]!],
    inputType: "search_query",
    embeddingTypes: ["float"],
  });
  close(asked.embeddings.float![0]!, query);
  const ranked = await client.rerank({ model: "rerank", query: texts[0]!, documents: texts, topN: 2 });
  assert.equal(ranked.results.length, 2);
  assert.ok(ranked.results[0]!.relevanceScore >= ranked.results[1]!.relevanceScore);
  await assert.rejects(
    client.embed({ model: "none", texts, inputType: "search_query", embeddingTypes: ["float"] }),
    (error) => {
      assert.ok(error instanceof CohereError);
      assert.equal(error.statusCode, 404);
      return true;
    },
  );
});

await done("@huggingface/inference", async () => {
  const client = new InferenceClient("sesame", { endpointUrl: url });
  const answer = (await client.featureExtraction({ inputs: texts })) as number[][];
  allClose(answer);
  const similarity = await client.sentenceSimilarity({
    inputs: { source_sentence: texts[0]!, sentences: [texts[0]!, texts[1]!] },
  });
  assert.ok(Math.abs(similarity[0]! - 1) < 1e-5);
  assert.ok(similarity[1]! < 1);
});
