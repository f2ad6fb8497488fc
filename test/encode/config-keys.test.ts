/**
 * Every key of every config file of a model: read, known to change nothing, or refused by name; and the embeddings are
 * Python's wherever one is changed. Gold: tools/gold/config-keys.py.
 */
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import type { KeyTable } from "../../src/common/key-table.ts";
import { HpdError } from "../../src/errors.ts";
import { floatKeys } from "../../src/modules/keys/float-keys.ts";
import { modelConfigKeys } from "../../src/modules/keys/model-keys.ts";
import { moduleEntryKeys, moduleKeys } from "../../src/modules/keys/module-keys.ts";
import { processingKeys, sentenceBertKeys, textProcessingKeys } from "../../src/modules/keys/sentence-bert-keys.ts";
import { albert } from "../../src/modules/transformer/families/albert.ts";
import { bert } from "../../src/modules/transformer/families/bert.ts";
import { debertaV2 } from "../../src/modules/transformer/families/deberta-v2.ts";
import { distilbert } from "../../src/modules/transformer/families/distilbert.ts";
import { electra } from "../../src/modules/transformer/families/electra.ts";
import { euroBert } from "../../src/modules/transformer/families/eurobert.ts";
import { gemma3 } from "../../src/modules/transformer/families/gemma3.ts";
import { gte } from "../../src/modules/transformer/families/gte.ts";
import { llama, mistral } from "../../src/modules/transformer/families/llama.ts";
import { modernBert } from "../../src/modules/transformer/families/modernbert.ts";
import { mpnet } from "../../src/modules/transformer/families/mpnet.ts";
import { nomicBert } from "../../src/modules/transformer/families/nomic-bert.ts";
import { qwen2, qwen3 } from "../../src/modules/transformer/families/qwen.ts";
import { camembert, roberta, xlmRoberta } from "../../src/modules/transformer/families/roberta.ts";
import { t5, umt5 } from "../../src/modules/transformer/families/t5.ts";
import { fixture, withFiles } from "./model-folder.ts";
import { sessions } from "./shared-runtime.ts";
import "./share-sessions.ts";

const { SentenceTransformer } = await import("../../src/index.ts");

interface Case {
  readonly model: string;
  readonly file: string;
  readonly key: readonly string[];
  readonly value: unknown;
  readonly method: "encode" | "encode_query" | "encode_document" | "encode_prompt";
  /** As without the change where it is absent. */
  readonly embeddings?: readonly (readonly number[])[];
}

interface Gold {
  readonly keys: Readonly<Record<string, readonly string[] | Readonly<Record<string, readonly string[]>>>>;
  /** Keys of config.json that transformers takes as floats alone */
  readonly floats: readonly string[];
  readonly texts: readonly string[];
  readonly plain: Readonly<Record<string, readonly (readonly number[])[]>>;
  readonly cases: readonly Case[];
}

const gold: Gold = JSON.parse(readFileSync(new URL("../gold/config-keys.json", import.meta.url), "utf8"));

test("the keys that Python takes as floats alone", () => {
  expect(floatKeys).toEqual(gold.floats);
});

describe("Python knows no key that is neither read, nor known to change nothing, nor refused:", () => {
  const tables: Record<string, KeyTable["keys"] | Record<string, KeyTable["keys"]>> = {
    "config.json": {
      bert: bert.configKeys,
      roberta: roberta.configKeys,
      "xlm-roberta": xlmRoberta.configKeys,
      distilbert: distilbert.configKeys,
      mpnet: mpnet.configKeys,
      camembert: camembert.configKeys,
      electra: electra.configKeys,
      albert: albert.configKeys,
      t5: t5.configKeys,
      umt5: umt5.configKeys,
      "deberta-v2": debertaV2.configKeys,
      "nomic-native": nomicBert.configKeys,
      "modernbert-native": modernBert.configKeys,
      "gte-native": gte.configKeys,
      "qwen3-embedding": qwen3.configKeys,
      qwen2: qwen2.configKeys,
      llama: llama.configKeys,
      mistral: mistral.configKeys,
      embeddinggemma: gemma3.configKeys,
      eurobert: euroBert.configKeys,
    },
    "sentence_bert_config.json": sentenceBertKeys.keys,
    processing_kwargs: processingKeys.keys,
    "processing_kwargs.text": textProcessingKeys.keys,
    "modules.json": moduleEntryKeys.keys,
    "config_sentence_transformers.json": modelConfigKeys.keys,
    ...Object.fromEntries(Object.entries(moduleKeys).map(([type, { keys }]) => [type, keys])),
  };
  const lists = Object.entries(gold.keys).flatMap(([file, keys]) =>
    Array.isArray(keys)
      ? [{ name: file, keys, table: tables[file] }]
      : Object.entries(keys).map(([model, keys]) => ({
          name: `${file} of ${model}`,
          keys: keys as string[],
          table: (tables[file] as Record<string, KeyTable["keys"]>)[model],
        })),
  );
  test.each(lists)("$name", ({ keys, table }) => {
    expect(keys.length).toBeGreaterThan(0);
    expect(keys.filter((key) => !Object.hasOwn(table!, key))).toEqual([]);
  });
});

const places = new Map(gold.cases.map(({ model, file }) => [`${model}/${file}`, { model, file }]));

test.each([...places.values()])(
  "each key of $model/$file gives Python's embeddings, or is refused by name",
  async ({ model, file }) => {
    const findings: string[] = [];
    let honoured = 0;
    // To copy the model takes longer than to load it, and every case replaces the same file.
    await using folder = await withFiles(model, {
      "config.json": { ...read(model, "config.json"), dtype: "float32" },
    });
    for (const given of gold.cases.filter((each) => each.model === model && each.file === file)) {
      const what = `${given.method} ${given.key.join(".")} ${JSON.stringify(given.value)}`;
      try {
        const distance = furthest(
          await encode(folder.path, given),
          given.embeddings ?? gold.plain[`${given.model} ${given.method}`]!,
        );
        if (!(distance < 2e-5)) findings.push(`${what} differs by ${distance}`);
        else if (given.embeddings !== undefined) honoured++;
      } catch (error) {
        if (!(error instanceof HpdError)) throw error;
        if (!error.message.includes(given.key.at(-1)!))
          findings.push(`${what} is refused without its name: ${error.message}`);
        refused.add(`${given.file} ${given.key.join(".")} ${JSON.stringify(given.value)}`);
      }
    }
    expect(findings).toEqual([]);
    expect(honoured).toBeGreaterThan(0);
  },
  600_000,
);

/** What Python does and this library doesn't. */
const refused = new Set<string>();

test("folders of one network shared a session", () => {
  expect(sessions.size).toBeGreaterThan(10);
  expect(sessions.size).toBeLessThan(gold.cases.length / 2);
});

test("what is refused is what is known to be", () => {
  expect([...refused].sort()).toMatchInlineSnapshot(`
    [
      "config.json attention_bias "<absent>"",
      "config.json attention_bias false",
      "config.json auto_map {"AutoModel":"modeling_other.OtherModel"}",
      "config.json classifier_activation "x"",
      "config.json conv_kernel_size false",
      "config.json conv_kernel_size true",
      "config.json head_dim false",
      "config.json is_causal 0",
      "config.json is_causal []",
      "config.json is_causal true",
      "config.json is_causal {}",
      "config.json is_decoder true",
      "config.json max_relative_positions 1",
      "config.json mlp_bias "<absent>"",
      "config.json mlp_bias false",
      "config.json pad_token_id 2",
      "config.json per_layer_config {}",
      "config.json pooler_hidden_act "x"",
      "config.json pos_att_type "x"",
      "config.json rope_parameters {"0":{"intermediate_size":8}}",
      "config.json sliding_window 32",
      "config.json sliding_window 65",
      "config_sentence_transformers.json model_type "SparseEncoder"",
      "sentence_bert_config.json config_args.model_type "mpnet"",
      "sentence_bert_config.json config_kwargs.model_type "mpnet"",
      "sentence_bert_config.json model_args.torch_dtype "float16"",
      "sentence_bert_config.json model_kwargs.torch_dtype "float16"",
      "sentence_bert_config.json processing_kwargs.common.add_special_tokens false",
      "sentence_bert_config.json processing_kwargs.common.pad_to_multiple_of 4",
      "sentence_bert_config.json processing_kwargs.common.padding_side "left"",
      "sentence_bert_config.json processing_kwargs.common.return_attention_mask false",
      "sentence_bert_config.json processing_kwargs.common.return_overflowing_tokens true",
      "sentence_bert_config.json processing_kwargs.common.split_special_tokens true",
      "sentence_bert_config.json processing_kwargs.text.add_special_tokens false",
      "sentence_bert_config.json processing_kwargs.text.pad_to_multiple_of 4",
      "sentence_bert_config.json processing_kwargs.text.padding_side "left"",
      "sentence_bert_config.json processing_kwargs.text.return_attention_mask false",
      "sentence_bert_config.json processing_kwargs.text.return_overflowing_tokens true",
      "sentence_bert_config.json processing_kwargs.text.return_tensors "np"",
      "sentence_bert_config.json processing_kwargs.text.split_special_tokens true",
      "sentence_bert_config.json processor_kwargs.cls_token "[SEP]"",
      "sentence_bert_config.json processor_kwargs.model_input_names ["input_ids"]",
      "sentence_bert_config.json processor_kwargs.padding_side "left"",
      "sentence_bert_config.json query_expansion {"strategy":"fixed","length":12,"attend":true}",
      "sentence_bert_config.json tokenizer_args.cls_token "[SEP]"",
      "sentence_bert_config.json tokenizer_args.model_input_names ["input_ids"]",
      "sentence_bert_config.json tokenizer_args.padding_side "left"",
      "sentence_bert_config.json transformer_task "fill-mask"",
    ]
  `);
});

test("a padding id that stands around every text is honoured where all texts are shorter than the positions", async () => {
  const given = gold.cases.find(
    ({ key, value, method }) => key[0] === "pad_token_id" && value === 2 && method === "encode",
  )!;
  const files = {
    "config.json": { ...read(given.model, "config.json"), dtype: "float32", pad_token_id: 2 },
    "sentence_bert_config.json": { max_seq_length: 62 },
  };
  await using folder = await withFiles(given.model, files);
  await using model = await SentenceTransformer.load(folder.path, { workers: 0, onWarning() {} });
  const short = [...gold.texts.keys()].filter((at) => model.countTokens(gold.texts[at]!) < 62);
  expect(short.length).toBeGreaterThan(2);
  const found = [...(await model.encode(short.map((at) => gold.texts[at]!)))];
  expect(
    furthest(
      found,
      short.map((at) => given.embeddings![at]!),
    ),
  ).toBeLessThan(2e-5);
});

/** @param folder with the model, whose file this replaces */
async function encode(folder: string, { model, file, key, value, method }: Case): Promise<readonly Float32Array[]> {
  const before = { ...read(model, file), ...(file === "config.json" && { dtype: "float32" }) };
  await mkdir(dirname(join(folder, file)), { recursive: true });
  await writeFile(join(folder, file), JSON.stringify(changed(before, key, value)));
  const loaded = await SentenceTransformer.load(folder, { workers: 0, onWarning() {} });
  try {
    switch (method) {
      case "encode":
        return [...(await loaded.encode(gold.texts))];
      case "encode_query":
        return [...(await loaded.encodeQuery(gold.texts))];
      case "encode_document":
        return [...(await loaded.encodeDocument(gold.texts))];
      case "encode_prompt":
        return [...(await loaded.encode(gold.texts, { prompt: "the sea " }))];
    }
  } finally {
    await loaded.dispose();
  }
}

function read(model: string, file: string): Record<string, unknown> {
  try {
    return JSON.parse(readFileSync(join(fixture(model), file), "utf8"));
  } catch {
    return {};
  }
}

function changed(config: Record<string, unknown>, [key, ...rest]: readonly string[], value: unknown): unknown {
  const { [key!]: current = {}, ...others } = config;
  if (value === "<absent>") return others;
  return { ...config, [key!]: rest.length === 0 ? value : changed(current as Record<string, unknown>, rest, value) };
}

function furthest(embeddings: readonly Float32Array[], expected: readonly (readonly number[])[]): number {
  if (embeddings.length !== expected.length) return Number.POSITIVE_INFINITY;
  return Math.max(
    ...embeddings.map((row, at) =>
      row.length === expected[at]!.length
        ? Math.max(...row.map((value, column) => Math.abs(value - expected[at]![column]!)))
        : Number.POSITIVE_INFINITY,
    ),
  );
}
