/** Sparse encoders beside what the gold values say: how they are called, and what is refused. */
import { readFileSync, renameSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { SparseEmbeddings, SparseEncoder, type SparseEncoderLoadOptions } from "../../src/sparse-encoder/index.ts";
import { activeDimensions } from "../../src/sparse-encoder/sparse-embeddings.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";
import { oldLayout } from "./old-layout.ts";

const texts = ["hello world", "The quick brown fox jumps over the lazy dog.", "a man", "two dogs run in the park"];

const load = (name: string, options: SparseEncoderLoadOptions = {}) =>
  SparseEncoder.load(fixture(`../sparse-encoders/${name}`), { workers: 0, onWarning: () => {}, ...options });

describe("a model", () => {
  test("gives the same embedding of a text alone, among others, in a stream and by workers", async () => {
    await using model = await load("bert");
    await using working = await load("bert", { workers: 1 });
    const all = await model.encode(texts);
    expect(all.count).toBe(texts.length);
    for (const [index, text] of texts.entries()) {
      const { indices, values } = await model.encode(text);
      expect(indices).toEqual(all.row(index).indices);
      for (const [at, value] of values.entries()) expect(value).toBeCloseTo(all.row(index).values[at]!, 5);
    }
    expect(await working.encode(texts, { fixedBatches: true })).toEqual(
      await model.encode(texts, { fixedBatches: true }),
    );
    const streamed: Uint32Array[] = [];
    for await (const { indices } of model.encodeStream(texts)) streamed.push(indices);
    expect(streamed).toEqual(Array.from(all, ({ indices }) => indices));
    expect((await model.encode([])).count).toBe(0);
  });

  test("encodes tokens as it encodes their texts, those of every task", async () => {
    await using model = await load("inference-free");
    const tokens = [model.tokenize("the dog", { task: "query" }), model.tokenize("the dog"), model.tokenize("hello")];
    expect(tokens[1]!.ids.length).toBe(tokens[0]!.ids.length + 2);
    const found = await model.encodeTokenized(tokens);
    expect(found.row(0)).toEqual(await model.encodeQuery("the dog"));
    for (const [index, text] of ["the dog", "hello"].entries()) {
      expect(found.row(index + 1).indices).toEqual((await model.encodeDocument(text)).indices);
    }
    await expect(model.encodeTokenized([{ ids: Int32Array.of(9999) }])).rejects.toThrow(/token ids from 0 to 141/);
    expect([model.maxQueryLength, model.maxDocumentLength, model.maxSeqLength]).toEqual([48, 64, 64]);
  });

  test("tells its progress, stops by a signal, and is over when it is disposed", async () => {
    const model = await load("bert");
    const seen: number[] = [];
    await model.encode(texts, { onProgress: ({ done, total }) => seen.push(done, total) });
    expect(seen.slice(-2)).toEqual([4, 4]);
    await expect(model.encode(texts, { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    await model.dispose();
    await expect(model.encode(texts)).rejects.toMatchObject({ code: "disposed" });
  });

  test("keeps the active dimensions of the largest values", async () => {
    await using model = await load("bert", { maxActiveDims: 3 });
    expect(model.maxActiveDims).toBe(3);
    const whole = await model.encode(texts[1]!, { maxActiveDims: 1000 });
    const { indices, values } = await model.encode(texts[1]!);
    expect([...values].sort((a, b) => b - a)).toEqual([...whole.values].sort((a, b) => b - a).slice(0, 3));
    expect([...indices]).toEqual([...indices].sort((a, b) => a - b));
  });

  test("keeps the first of those that are as far from 0", () => {
    const row = Float32Array.of(1, -2, 0, 2, -1, 1, 3);
    const found = [1, 2, 3, 4, 5, 6, 7].map((most) => [...activeDimensions(row, most).indices]);
    const all = [0, 1, 3, 4, 5, 6];
    expect(found).toEqual([[6], [1, 6], [1, 3, 6], [0, 1, 3, 6], [0, 1, 3, 4, 6], all, all]);
  });

  test("in 8 bits is near to itself", async () => {
    await using exact = await load("bert");
    await using model = await load("bert", { dtype: "int8" });
    expect(model.describe().arithmetic).toBe("int8, dynamic");
    const [a, b] = [await exact.encode(texts), await model.encode(texts)];
    await using cosine = await load("bert", { similarityFunction: "cosine" });
    for (const similarity of cosine.similarityPairwise(a, b)) expect(similarity).toBeGreaterThan(0.98);
  });

  test("with a Router has a route for queries without a network, whose special tokens don't count", async () => {
    await using model = await load("inference-free");
    expect(model.routes).toEqual(["query", "document"]);
    expect(model.describe()).toMatchObject({
      modelType: "SparseEncoder",
      family: "SparseStaticEmbedding, DistilBertModel",
      similarityFunction: "dot",
    });
    const tokens = await model.decode(await model.encodeQuery("the dog, the dog [SEP]"));
    expect(tokens.map(({ token }) => token).sort()).toEqual([",", "[SEP]", "dog", "the"]);
    expect((await model.encodeQuery("")).indices.length).toBe(0);
    expect((await model.encode(texts[0]!)).values).toEqual((await model.encodeDocument(texts[0]!)).values);
    await expect(model.encode("a", { task: "picture" })).rejects.toThrow(/no route for the task "picture"/);
  });

  test("of queries alone doesn't read the network of documents", async () => {
    await using folder = await withFiles("../sparse-encoders/inference-free", {
      "document_0_Transformer/model.safetensors": null,
    });
    await using queries = await SparseEncoder.load(folder.path, { task: "query", workers: 0 });
    await using model = await load("inference-free");
    expect(await queries.encodeQuery(texts)).toEqual(await model.encodeQuery(texts));
    expect(await queries.decode(await queries.encodeQuery("dog"))).toMatchObject([{ token: "dog" }]);
    expect([queries.routes, queries.maxQueryLength]).toEqual([["query"], model.maxQueryLength]);
    expect(queries.describe()).toMatchObject({ family: "SparseStaticEmbedding", routes: ["query"] });
    await expect(queries.encodeDocument("dog")).rejects.toThrow(
      /loaded for texts of the task "query" alone, got "document"/,
    );
    // Without a task it is the Router's default, which is the other route.
    await expect(queries.encode("dog")).rejects.toThrow(/alone, got undefined/);
    await expect(SparseEncoder.load(folder.path, { task: "picture" })).rejects.toThrow(
      /no route for the task "picture"/,
    );
  });

  test("without a Router, the task of a load is one that texts can have", async () => {
    await expect(load("bert", { task: "picture" })).rejects.toThrow(/task should be .*got "picture"/);
    await using model = await load("bert", { task: "query" });
    expect((await model.encodeQuery("a dog")).indices.length).toBeGreaterThan(0);
  });

  test.each<[string, string | string[]]>([
    ["a text", "a man"],
    ["several", ["a man", "two dogs"]],
  ])("takes %s from a function that takes both", async (_, given) => {
    await using model = await load("bert");
    const query = await model.encode("a dog");
    const embeddings = await model.encodeDocument(given);
    expect(embeddings).toEqual(await model.encodeQuery(given));
    const shared = model.intersection(query, embeddings);
    const decoded = await model.decode(shared);
    const rows = embeddings instanceof SparseEmbeddings ? [...embeddings] : [embeddings];
    expect([decoded].flat(2).length).toBe(model.sparsity(shared).activeDims * rows.length);
  });

  test("reads the spelling of tokens when it is first asked for, once", async () => {
    await using folder = await withFiles("../sparse-encoders/bert", {});
    await using model = await SparseEncoder.load(folder.path, { workers: 0 });
    const embedding = await model.encode("hello world", { maxActiveDims: 2 });
    const [from, to] = [`${folder.path}/tokenizer.json`, `${folder.path}/elsewhere`];
    renameSync(from, to);
    await expect(model.decode(embedding)).rejects.toThrow();
    renameSync(to, from);
    const tokens = await model.decode(embedding);
    renameSync(from, to);
    expect(tokens.length).toBe(2);
    expect(await model.decode(embedding)).toEqual(tokens);
  });

  test("may have negative weights of tokens, which count as far as they are from 0", async () => {
    const file = "query_0_SparseStaticEmbedding/model.safetensors";
    const bytes = readFileSync(`${fixture("../sparse-encoders/inference-free")}/${file}`);
    // Every second weight is negated: the highest byte of a float32 has its sign.
    for (let at = 8 + Number(bytes.readBigUInt64LE()) + 3; at < bytes.length; at += 8) bytes[at]! ^= 0x80;
    await using folder = await withFiles("../sparse-encoders/inference-free", { [file]: bytes });
    await using signed = await SparseEncoder.load(folder.path, { workers: 0 });
    await using model = await load("inference-free");
    for (const maxActiveDims of [undefined, 3]) {
      const [found, expected] = [signed, model].map((each) => each.encodeQuery(texts[1]!, { maxActiveDims }));
      const { indices, values } = await expected!;
      expect(await found).toEqual({ indices, values: values.map((value, at) => (indices[at]! % 2 ? value : -value)) });
    }
  });

  test("may have the transformer of documents in the Router's own folder, as those of OpenSearch", async () => {
    await using folder = await withFiles("../sparse-encoders/inference-free", {
      document_0_Transformer: null,
      ...oldLayout(),
    });
    await using old = await SparseEncoder.load(folder.path, { workers: 0 });
    await using model = await load("inference-free");
    expect(await old.encodeDocument(texts)).toEqual(await model.encodeDocument(texts));
    expect(await old.encodeQuery(texts)).toEqual(await model.encodeQuery(texts));
  });
});

describe("is refused:", () => {
  const pooling = "1_SpladePooling/config.json";
  test.each<[string, string, Record<string, unknown>, RegExp]>([
    ["a SentenceTransformer", "bert", { "config_sentence_transformers.json": {} }, /is a SentenceTransformer, not a/],
    [
      "a CrossEncoder",
      "bert",
      { "config_sentence_transformers.json": { model_type: "CrossEncoder" } },
      /model_type is "CrossEncoder".*only "SparseEncoder"/,
    ],
    [
      "a pooling that isn't known",
      "bert",
      { [pooling]: { pooling_strategy: "mean" } },
      /pooling_strategy "mean" is not/,
    ],
    ["an activation that isn't known", "bert", { [pooling]: { activation_function: "gelu" } }, /"gelu" is not known/],
    [
      "no sparse module",
      "csr",
      { "modules.json": modules("Transformer", "Pooling") },
      /last module of a sparse encoder/,
    ],
    ["a module that isn't known", "csr", { "modules.json": modules("Transformer", "WordWeights") }, /WordWeights/],
    [
      "the task of a cross-encoder",
      "bert",
      { "sentence_bert_config.json": { transformer_task: "sequence-classification" } },
      /transformer_task should be "feature-extraction" or "fill-mask", got "sequence-classification"/,
    ],
    [
      "a plain folder without a masked language head",
      "bert",
      { "modules.json": null, "config.json": { model_type: "bert", architectures: ["BertModel"] } },
      /architectures name no \.\.\.ForMaskedLM, got \["BertModel"\]/,
    ],
    [
      "embeddings that are standardized first",
      "csr",
      { "2_SparseAutoEncoder/config.json": { input_dim: 16, hidden_dim: 64, normalize: true } },
      /normalize is true.*embeddings would be standardized first/,
    ],
    [
      "weights in a file elsewhere",
      "inference-free",
      { "query_0_SparseStaticEmbedding/config.json": { path: "idf.json" } },
      /path is "idf\.json".*the weights would be those of a file elsewhere/,
    ],
    [
      "a head that isn't known",
      "../models/deberta-v2",
      {
        "config_sentence_transformers.json": { model_type: "SparseEncoder" },
        "sentence_bert_config.json": { transformer_task: "fill-mask" },
      },
      /the masked language head of a DebertaV2Model is not known/,
    ],
  ])("%s", async (_, name, files, message) => {
    await using folder = await withFiles(`../sparse-encoders/${name}`, files);
    await expect(SparseEncoder.load(folder.path, { workers: 0 })).rejects.toThrow(message);
  });

  test("a sparse encoder by SentenceTransformer.load, which names the room", async () => {
    const path = fixture("../sparse-encoders/bert");
    await expect(SentenceTransformer.load(path)).rejects.toThrow(
      /SpladePooling is not supported: it is of a sparse encoder, which SparseEncoder of hpd\/sparse-encoder loads/,
    );
  });

  test("options that aren't those of a sparse encoder", async () => {
    await expect(load("bert", { truncateDim: 3 } as never)).rejects.toThrow(/maxActiveDims keeps the largest/);
    await expect(load("bert", { maxActiveDims: 0 })).rejects.toThrow(/maxActiveDims should be a positive integer/);
    await using model = await load("csr");
    await expect(model.encode("a", { maxActiveDims: 0.5 })).rejects.toThrow(/maxActiveDims should be a positive/);
    await expect(model.decode(await model.encode("a"))).rejects.toThrow(
      /dimensions of a SparseAutoEncoder are no tokens/,
    );
  });
});

function modules(...types: string[]): unknown {
  const paths: Record<string, string> = { Transformer: "", Pooling: "1_Pooling" };
  return types.map((type) => ({ path: paths[type] ?? "9", type: `sentence_transformers.models.${type}` }));
}
