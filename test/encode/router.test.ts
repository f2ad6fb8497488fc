/** Routes of a model: what is refused. What they compute, the gold tests say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "./model-folder.ts";

const config = JSON.parse(readFileSync(join(fixture("router"), "router_config.json"), "utf8"));
const { types, structure, parameters } = config;

test("a task that no route is for is refused with the routes", async () => {
  await using model = await SentenceTransformer.load(fixture("router"), { workers: 0 });
  await expect(model.encode("a", { task: "image" })).rejects.toThrow(/no route for the task "image".*query, document/);
  expect(model.maxQueryLength).toBe(Number.POSITIVE_INFINITY);
  expect(model.maxDocumentLength).toBe(48);
  expect(model.routes).toEqual(["query", "document"]);
  expect(model.describe().modules.map(({ type }) => type)).toEqual([
    ...["Router", "StaticEmbedding", "Transformer", "Pooling", "Normalize"],
  ]);
});

test("without a default route, texts need a task", async () => {
  const changes = { parameters: { allow_empty_key: false } };
  await using files = await withFiles("router", { "router_config.json": { ...config, ...changes } });
  await using model = await SentenceTransformer.load(files.path, { workers: 0 });
  await expect(model.encode("a")).rejects.toThrow(/no default route: set `task` to one of query, document/);
  expect(() => model.countTokens("a")).toThrow(/no default route/);
  expect((await model.encodeQuery("a")).length).toBe(16);
});

test("routes of other names are known by these alone", async () => {
  const changes = { structure: { short: structure.query, long: structure.document }, parameters: {} };
  await using files = await withFiles("router", { "router_config.json": { ...config, ...changes } });
  await using model = await SentenceTransformer.load(files.path, { workers: 0 });
  expect(model.routes).toEqual(["short", "long"]);
  await expect(model.encodeQuery("a")).rejects.toThrow(/no route for the task "query"; it has short, long/);
  await expect(model.encode("a", { task: "short", outputValue: "token_embeddings" })).rejects.toThrow(
    /no token embeddings: a StaticEmbedding/,
  );
});

test("behind a Transformer, too, a Router knows that its input is text", async () => {
  const at = (name: string) => `sentence_transformers.base.modules.${name.toLowerCase()}.${name}`;
  const router = {
    types: { plain: "sentence_transformers.sentence_transformer.modules.dropout.Dropout", unit: at("Normalize") },
    structure: { plain: ["plain"], unit: ["unit"] },
    parameters: { default_route: "plain", route_mappings: { "('query', 'text')": "unit", "(None, 'image')": "unit" } },
  };
  const modules = JSON.parse(readFileSync(join(fixture("bert"), "modules.json"), "utf8"));
  await using files = await withFiles("bert", {
    "modules.json": [...modules, { idx: 2, name: "2", path: "2_Router", type: at("Router") }],
    "2_Router/router_config.json": router,
    "2_Router/plain/config.json": { dropout: 0.1 },
    "2_Router/unit/config.json": {},
  });
  await using model = await SentenceTransformer.load(files.path, { workers: 0 });
  expect(Math.hypot(...(await model.encodeQuery("a dog")))).toBeCloseTo(1, 5);
  expect(Math.hypot(...(await model.encode("a dog")))).toBeGreaterThan(1.5);
});

test("other models know the two tasks", async () => {
  await using model = await SentenceTransformer.load(fixture("static"));
  await expect(model.encode("a", { task: "image" })).rejects.toThrow(/task should be one of query, document/);
});

test.each<[string, object, RegExp]>([
  ["no routes", { structure: {} }, /at least one route/],
  ["a route of nothing", { structure: { ...structure, query: [] } }, /the route "query" should list ids/],
  ["a module without a class", { structure: { query: ["query_1_Dense"] } }, /should list ids of types/],
  ["a folder outside", { types: { ...types, "../other": "x" } }, /types should name folders/],
  ["an unknown class", { types: { ...types, query_0_StaticEmbedding: "other.Class" } }, /other.Class is not known/],
  [
    "a route that begins with a Pooling",
    { structure: { query: ["document_1_Pooling"] }, parameters: {} },
    /first module should be one of Transformer, StaticEmbedding, WordEmbeddings, got Pooling/,
  ],
  [
    "a default that isn't there",
    { parameters: { default_route: "x" } },
    /default_route should be one of the routes query, document, got "x"/,
  ],
  ["a rule that isn't a tuple", { parameters: { route_mappings: { query: "query" } } }, /should be a tuple/],
  ["an unknown parameter", { parameters: { ...parameters, speed: 1 } }, /speed/],
])("%s is refused", async (_, changes, message) => {
  await using files = await withFiles("router", { "router_config.json": { ...config, ...changes } });
  await expect(SentenceTransformer.load(files.path)).rejects.toThrow(message);
});

test("no config is refused by its names", async () => {
  await using files = await withFiles("router", { "router_config.json": null });
  await expect(SentenceTransformer.load(files.path)).rejects.toThrow(/router_config.json or config.json/);
});
