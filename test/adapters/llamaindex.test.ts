/** LlamaIndex's embedding interface with a model of this library. */
import { fileURLToPath } from "node:url";
import { TextNode } from "@llamaindex/core/schema";
import { afterAll, expect, test } from "vitest";
import { HpdEmbedding } from "../../src/adapters/llamaindex/index.ts";
import { SentenceTransformer } from "../../src/index.ts";

const folder = fileURLToPath(new URL("../fixtures/models/bert", import.meta.url));
const model = await SentenceTransformer.load(folder, { workers: 1, onWarning: () => {} });
afterAll(() => model.dispose());

const embedding = new HpdEmbedding({ model });

test("texts and queries have the vectors of encodeDocument and encodeQuery", async () => {
  const text = "the cat sat";
  const expected = Array.from(await model.encodeDocument(text));
  expect(await embedding.getTextEmbedding(text)).toEqual(expected);
  expect(await embedding.getTextEmbeddings([text])).toEqual([expected]);
  const query = await embedding.getQueryEmbedding({ type: "text", text });
  expect(query).toEqual(Array.from(await model.encodeQuery(text)));
  expect(await embedding.getQueryEmbedding({ type: "image_url", image_url: { url: "x" } })).toBeNull();
});

test("as a step of an ingestion it fills in the embeddings of nodes", async () => {
  const nodes = ["the cat", "rain"].map((text) => new TextNode({ text }));
  await embedding(nodes);
  const expected = await model.encodeDocument(nodes.map((node) => node.getContent()));
  for (const [at, node] of nodes.entries()) {
    const row = node.getEmbedding();
    expect(row).toHaveLength(model.dimension);
    for (const [place, value] of expected.row(at).entries()) expect(Math.abs(row[place]! - value)).toBeLessThan(1e-5);
  }
});

test("options are the model's, and unknown ones are refused", async () => {
  const short = new HpdEmbedding({ model, truncateDim: 4 });
  expect(await short.getTextEmbedding("rain")).toHaveLength(4);
  expect(short.embedInfo).toMatchObject({ dimensions: 4, maxTokens: model.maxSeqLength });
  expect(() => new HpdEmbedding({ model, dim: 4 } as never)).toThrow(/no option "dim"/);
});
