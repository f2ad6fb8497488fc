/** What is refused, and laws that scores keep: values are compared with Python's in gold.test.ts. */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { CrossEncoder, type TextPair } from "../../src/cross-encoder/index.ts";
import { isCrossEncoder } from "../../src/cross-encoder/is-cross-encoder.ts";
import { SentenceTransformer } from "../../src/index.ts";
import { fixture } from "../encode/model-folder.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-cross-"));
afterAll(() => rm(scratch, { recursive: true }));

const crossFixture = (name: string) => fileURLToPath(new URL(`../fixtures/cross-encoders/${name}`, import.meta.url));
const load = (folder: string, options = {}) =>
  CrossEncoder.load(folder, { workers: 0, onWarning: () => {}, ...options });

let folders = 0;

/** A copy with JSON files replaced, or with keys of config.json changed; undefined removes one. */
async function changed(name: string, files: Record<string, unknown>, keys: Record<string, unknown> = {}) {
  const folder = join(scratch, String(folders++));
  await cp(crossFixture(name), folder, { recursive: true });
  const config = JSON.parse(await readFile(join(folder, "config.json"), "utf8"));
  for (const [file, content] of Object.entries({ "config.json": { ...config, ...keys }, ...files })) {
    await writeFile(join(folder, file), JSON.stringify(content));
  }
  return folder;
}

const moduleOf = (type: string, path = "") => ({ idx: 0, name: path, path, type });
const transformer = "sentence_transformers.base.modules.transformer.Transformer";
/** A sentence_bert_config.json with arguments of calls of the tokenizer. */
const withProcessing = (processing_kwargs: Record<string, unknown>) => ({
  transformer_task: "sequence-classification",
  modality_config: { text: { method: "forward", method_output_name: "logits" } },
  module_output_name: "scores",
  processing_kwargs,
});
const saved = {
  "modules.json": [moduleOf(transformer)],
  "config_sentence_transformers.json": { model_type: "CrossEncoder" },
};

describe("a folder is refused by name:", () => {
  test.each([
    [
      "a SentenceTransformer",
      { ...saved, "config_sentence_transformers.json": { model_type: "SentenceTransformer" } },
      {},
      /model_type is "SentenceTransformer".*SentenceTransformer\.load/,
    ],
    ["one that says no kind", { ...saved, "config_sentence_transformers.json": {} }, {}, /not a cross-encoder/],
    [
      "modules that embed",
      { ...saved, "modules.json": [...saved["modules.json"], moduleOf("sentence_transformers.models.Pooling", "1")] },
      {},
      /one Transformer with a classification head.*SentenceTransformer\.load/,
    ],
    [
      "LogitScore",
      {
        ...saved,
        "modules.json": [
          ...saved["modules.json"],
          moduleOf("sentence_transformers.cross_encoder.modules.logit_score.LogitScore", "1"),
        ],
      },
      {},
      /LogitScore/,
    ],
    ["a Transformer without task", saved, {}, /transformer_task is "sequence-classification"/],
    [
      "a Transformer that makes token embeddings",
      { ...saved, "sentence_bert_config.json": { max_seq_length: 20 } },
      {},
      /transformer_task should be "sequence-classification"/,
    ],
    [
      "token types that are left out",
      { ...saved, "sentence_bert_config.json": withProcessing({ text: { return_token_type_ids: false } }) },
      {},
      /processing_kwargs\.text: return_token_type_ids is false/,
    ],
    [
      "a first text that alone is cut",
      { ...saved, "sentence_bert_config.json": withProcessing({ common: { truncation: "only_first" } }) },
      {},
      /processing_kwargs\.common: truncation is "only_first"/,
    ],
    ["a causal language model", {}, { architectures: ["BertForCausalLM"] }, /BertForCausalLM/],
    [
      "the template of a chat",
      { "chat_template.jinja": "{{ messages }}" },
      {},
      /chat template \(chat_template\.jinja\)/,
    ],
    ["labels that don't fit", {}, { id2label: { 0: "no", 1: "yes" } }, /should be that of the scores of \S+, 1, got 2/],
    ["labels left out, which are two", {}, { id2label: undefined }, /should be that of the scores of \S+, 1, got 2/],
    ["another activation of torch", {}, { sentence_transformers: { activation_fn: "torch.nn.GLU" } }, /GLU/],
    ["an activation that is no path", {}, { sentence_transformers: { activation_fn: 7 } }, /activation 7/],
  ])("%s", async (_, files, keys, message) => {
    await expect(load(await changed("bert-1", files, keys))).rejects.toMatchObject({
      name: "HpdError",
      message: expect.stringMatching(message),
    });
  });

  test("one without classifier", async () => {
    await expect(load(fixture("bert-plain"))).rejects.toThrow(/no classifier\.weight.*SentenceTransformer\.load/);
  });

  test("a tokenizer with more token types than the model", async () => {
    const tokenizer = JSON.parse(await readFile(join(crossFixture("bert-1"), "tokenizer.json"), "utf8"));
    for (const piece of tokenizer.post_processor.pair) (piece.Sequence ?? piece.SpecialToken).type_id = 2;
    const config = JSON.parse(await readFile(join(crossFixture("bert-1"), "tokenizer_config.json"), "utf8"));
    const files = {
      "tokenizer.json": tokenizer,
      "tokenizer_config.json": {
        ...config,
        tokenizer_class: "PreTrainedTokenizerFast",
        model_input_names: ["input_ids", "token_type_ids", "attention_mask"],
      },
    };
    await expect(load(await changed("bert-1", files))).rejects.toThrow(/type 2, but the model has 2 token types/);
  });
});

test("SentenceTransformer refuses a cross-encoder, unless it is told how to pool", async () => {
  const folder = crossFixture("bert-1");
  await expect(SentenceTransformer.load(folder)).rejects.toThrow(/BertForSequenceClassification.*hpd\/cross-encoder/);
  await using model = await SentenceTransformer.load(folder, { pooling: "mean", workers: 1, onWarning: () => {} });
  expect((await model.encode("hello")).length).toBe(model.dimension);
  await expect(SentenceTransformer.load(await changed("bert-1", saved))).rejects.toThrow(/hpd\/cross-encoder/);
});

const pairs = Array.from(
  { length: 40 },
  (_, at): TextPair => ["the quick ".repeat(at % 7), "lazy dog ".repeat(at % 5)],
);

test("a score depends neither on the other pairs nor on their order", async () => {
  await using model = await load(crossFixture("bert-1"), { activationFn: "identity" });
  const together = await model.predict(pairs);
  const reversed = await model.predict([...pairs].reverse());
  for (const [at, pair] of pairs.entries()) {
    expect(reversed[pairs.length - 1 - at]).toBeCloseTo(together[at]!, 5);
    expect(await model.predict(pair)).toBeCloseTo(together[at]!, 5);
  }
});

test("int8 is near", async () => {
  await using exact = await load(crossFixture("bert-1"), { activationFn: "sigmoid" });
  await using model = await load(crossFixture("bert-1"), { activationFn: "sigmoid", dtype: "int8" });
  const expected = await exact.predict(pairs);
  for (const [at, score] of (await model.predict(pairs)).entries()) expect(score).toBeCloseTo(expected[at]!, 1);
});

test("rank: equal scores stay in order, topK, no documents", async () => {
  await using model = await load(crossFixture("bert-1"));
  const ranked = await model.rank("hello", ["same", "other words", "same"], { returnDocuments: true });
  expect(ranked.filter(({ text }) => text === "same").map(({ corpusId }) => corpusId)).toEqual([0, 2]);
  expect(await model.rank("hello", [])).toEqual([]);
  expect(await model.predict([])).toEqual(new Float32Array());
});

test("a prompt that the model lacks is refused, those of queries and documents too", async () => {
  await using model = await load(crossFixture("bert-1"));
  expect(model.prompts).toEqual({});
  await expect(model.predict(["a", "b"], { promptName: "query" })).rejects.toThrow(/no prompt "query"; it has: none/);
});

test("several labels: predict and rank say what gives them", async () => {
  await using model = await load(crossFixture("bert-3"));
  expect(model.labels).toEqual(["LABEL_0", "LABEL_1", "LABEL_2"]);
  await expect(model.predict(["a", "b"])).rejects.toThrow(/3: predictLabels/);
  await expect(model.rank("a", ["b"])).rejects.toThrow(/3: predictLabels/);
  const [row] = await model.predictLabels([["a", "b"]], { applySoftmax: true });
  expect(row!.reduce((sum, x) => sum + x, 0)).toBeCloseTo(1, 6);
});

test("what is no pair is refused, and so are options that are not", async () => {
  await using model = await load(crossFixture("bert-1"));
  const refused = async (given: unknown, message: RegExp) =>
    expect(model.predict(given as TextPair[])).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(message),
    });
  await refused("text", /array of pairs/);
  await refused(["one"], /pair 0 should be an array of two texts/);
  await refused(["a", "b", "c"], /pair 0 should be an array of two texts/);
  await refused([["a", "b"], ["a"]], /pair 1 should be an array of two texts/);
  await refused([["a", 1]], /second text of pair 0/);
  await refused(["a", null], /second text of pair 0/);
  await refused(
    Array.from({ length: 2 }, (_, at) => (at === 0 ? ["a", "b"] : undefined)),
    /pair 1/,
  );
  await expect(model.rank("a", [1 as never])).rejects.toThrow(/second text of pair 0/);
  await expect(model.rank(1 as never, ["a"])).rejects.toThrow(/the query/);
  await expect(model.rank("a", "b" as never)).rejects.toThrow(/documents should be an array/);
  await expect(model.rank("a", ["b"], { topK: 0 })).rejects.toThrow(/topK/);
  await expect(model.predict(["a", "b"], { applySoftmax: true } as object)).rejects.toThrow(/predictLabels/);
  await expect(model.predict(["a", "b"], { activationFn: "gelu" as never })).rejects.toThrow(/activationFn/);
  await expect(model.predict(["a", "b"], { promptName: "none" })).rejects.toThrow(/no prompt/);
  await expect(load(crossFixture("bert-1"), { maxLength: 2 })).rejects.toThrow(/special tokens of a pair/);
});

test("abort and dispose", async () => {
  const model = await load(crossFixture("bert-1"));
  const controller = new AbortController();
  const aborted = model.predict(
    Array.from({ length: 5000 }, () => pairs[20]!),
    {
      signal: controller.signal,
      onProgress: () => controller.abort(new Error("enough")),
    },
  );
  await expect(aborted).rejects.toThrow("enough");
  const working = model.predict(Array.from({ length: 5000 }, () => pairs[20]!));
  working.catch(() => {});
  await model.dispose();
  await expect(working).rejects.toMatchObject({ code: "disposed" });
  await expect(model.predict(["a", "b"])).rejects.toMatchObject({ code: "disposed" });
});

test("what one says of itself", async () => {
  await using model = await load(crossFixture("roberta-3"));
  expect(model.describe()).toMatchObject({
    modelType: "CrossEncoder",
    family: "RobertaModel",
    numLabels: 3,
    labels: model.labels,
    activationFn: "identity",
    maxLength: model.maxLength,
    warnings: [],
  });
  expect(model.describe().parameters).toBeGreaterThan(5000);
  expect(model.describe().bytes).toBeGreaterThan(20_000);
  await using warned = await load(
    await changed("bert-1", {}, { sbert_ce_default_activation_function: "mine.Function" }),
  );
  expect(warned.describe().warnings).toEqual([expect.stringContaining("mine.Function")]);
});

test("one is told from a model that embeds by its configs alone", async () => {
  expect(await isCrossEncoder(crossFixture("bert-1"), {})).toBe(true);
  expect(await isCrossEncoder(await changed("bert-1", saved), {})).toBe(true);
  expect(await isCrossEncoder(fixture("bert"), {})).toBe(false);
  expect(await isCrossEncoder(fixture("bert-plain"), {})).toBe(false);
  expect(await isCrossEncoder(fixture("static"), {})).toBe(false);
});

test.each(["bert", "static", "word-embeddings", "router"])("%s embeds, so it is refused", async (name) => {
  await expect(load(fixture(name))).rejects.toThrow(/SentenceTransformer\.load is for models that embed texts$/);
});

test("SentenceTransformer refuses one, in each form of its folder", async () => {
  const embed = async (folder: string) =>
    SentenceTransformer.load(folder, { onWarning: (text) => warnings.push(text) });
  const warnings: string[] = [];
  await expect(embed(crossFixture("bert-1"))).rejects.toThrow(/BertForSequenceClassification.*CrossEncoder\.load/);
  await expect(embed(await changed("bert-1", saved))).rejects.toThrow(
    /model_type is "CrossEncoder".*hpd\/cross-encoder is for/,
  );
  expect(warnings).toEqual([]);
});
