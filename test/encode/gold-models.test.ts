/** Every case that sentence-transformers computed for the fixtures: see tools/gold/README.md. */
import { readdirSync, readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type EmbeddingPrecision, Embeddings, type LoadOptions, SentenceTransformer } from "../../src/index.ts";
import { fixture, withFiles } from "./model-folder.ts";

interface Case {
  name: string;
  files?: Record<string, unknown>;
  sentences?: number[];
  method?: "encode" | "encode_query" | "encode_document";
  options?: Record<string, unknown>;
  pooling?: "cls" | "pooler";
  embeddings?: number[][];
  tokenEmbeddings?: number[][][];
  similarity?: number[][];
  similarityPairwise?: number[];
  dtype?: string;
  raises?: string;
}

/** What Python does and we refuse, because the vectors would silently be others than the model's maker meant. */
const refused: Record<string, RegExp> = {
  "bert: dense torch.nn.modules.activation.GLU": /GLU.* is not known/,
  "bert: dense mypackage.MyActivation": /MyActivation.* is not known/,
  "bert: hidden_act gelu_10": /gelu_10.* is not known/,
  "bert: hidden_act relu2": /relu2.* is not known/,
  "bert: similarity hamming": /hamming.* is not known/,
  "qwen3-embedding: attention_bias without biases": /q_proj\.bias of shape \[64\] is missing/,
  "qwen3-embedding: yarn": /rope_scaling: type "yarn" is not known; known are default, linear/,
  "qwen3-embedding: dynamic": /rope_scaling: type "dynamic" is not known; known are default, linear/,
  "qwen3-embedding: llama3": /rope_scaling: type "llama3" is not known; known are default, linear/,
  "qwen3-embedding: partial_rotary_factor": /partial_rotary_factor is 0\.5/,
  "qwen2: llama3 rope_scaling": /rope_scaling: type "llama3" is not known; known are default, linear/,
  "llama: llama3 rope_scaling": /rope_scaling: type "llama3" is not known; known are default, linear/,
  "llama: attention_bias": /q_proj\.bias of shape \[24\] is missing/,
  "mistral: llama3 rope_scaling": /rope_scaling: type "llama3" is not known; known are default, linear/,
  "embeddinggemma: attn_logit_softcapping": /attn_logit_softcapping is 20/,
  "embeddinggemma: yarn": /full_attention: rope_parameters: type "yarn" is not known; known are default, linear/,
  "embeddinggemma: flat rope_parameters":
    /rope_parameters: the key "rope_theta" is not known; known are full_attention, sliding_attention/,
  "eurobert: is_causal true": /is_causal is true/,
  "eurobert: mlp_bias without biases": /gate_proj\.bias of shape \[56\] is missing/,
  "eurobert: auto_map of others": /auto_map names AutoModel "modeling_other\.OtherModel"/,
};

/** What Python raises at and we do: a text longer than there are positions is cut, with a warning at load. */
const accepted = new Set(["bert: max_seq_length 100", "roberta: max_seq_length over the positions"]);

/** Whose first case has a worker, which takes longer to start than all else: what a worker is given has one form for all. */
const withWorker = new Set(["bert", "qwen3-embedding", "t5", "static"]);

const folder = new URL("../gold/models/", import.meta.url);
const goldFiles = readdirSync(folder).filter((file) => !file.startsWith("all-MiniLM"));

for (const file of goldFiles) {
  const bytes = readFileSync(new URL(file, folder));
  const gold = JSON.parse(String(file.endsWith(".gz") ? gunzipSync(bytes) : bytes)) as {
    model: string;
    sentences: string[];
    cases: Case[];
  };
  describe(gold.model, () => {
    for (const [index, goldCase] of gold.cases.entries()) {
      test(goldCase.name, async () => {
        const workers = index === 0 && withWorker.has(gold.model) ? 1 : 0;
        const texts = (goldCase.sentences ?? [...gold.sentences.keys()]).map((index) => gold.sentences[index]!);
        const expectation = refused[`${gold.model}: ${goldCase.name}`];
        if (expectation !== undefined) {
          await expect(compare(gold.model, goldCase, texts, workers)).rejects.toThrow(expectation);
        } else if (goldCase.raises !== undefined && !accepted.has(`${gold.model}: ${goldCase.name}`)) {
          await expect(compare(gold.model, goldCase, texts, workers)).rejects.toMatchObject({ name: "HpdError" });
        } else {
          await compare(gold.model, goldCase, texts, workers);
        }
      });
    }
  });
}

async function compare(model: string, gold: Case, texts: string[], workers: number): Promise<void> {
  await using files = gold.files && (await withFiles(model, gold.files));
  const options: LoadOptions = { onWarning: () => {}, workers, ...(gold.pooling && { pooling: gold.pooling }) };
  await using loaded = await SentenceTransformer.load(files?.path ?? fixture(model), options);
  const encodeOptions = camelCase(gold.options ?? {});
  if (gold.tokenEmbeddings !== undefined) {
    const matrices = await loaded.encode(texts, { ...encodeOptions, outputValue: "token_embeddings" });
    for (const [index, matrix] of matrices.entries()) expectClose(matrix, gold.tokenEmbeddings[index]!, 1e-5);
    return;
  }
  const method = { encode: "encode", encode_query: "encodeQuery", encode_document: "encodeDocument" } as const;
  const embeddings = await loaded[method[gold.method ?? "encode"]]<EmbeddingPrecision>(texts, encodeOptions);
  const precision = encodeOptions.precision ?? "float32";
  if (gold.embeddings !== undefined) {
    // int8 and uint8 round down at the edge of a step; the others are exact.
    const tolerance = precision === "float32" ? 1e-5 : precision.endsWith("int8") ? 1 : 0;
    expectClose(embeddings as Embeddings, gold.embeddings, tolerance);
  }
  if (gold.similarity !== undefined && embeddings.data instanceof Float32Array) {
    const half = embeddings.count / 2;
    const at = half * embeddings.dimension;
    const first = new Embeddings(embeddings.data.subarray(0, at), half, embeddings.dimension);
    const second = new Embeddings(embeddings.data.subarray(at), half, embeddings.dimension);
    expectClose(loaded.similarity(first, second), gold.similarity, 1e-4);
    expectClose([loaded.similarityPairwise(first, second)], [gold.similarityPairwise!], 1e-4);
  }
}

/** The largest difference, relative where the numbers are larger than 1: the weights here are not those of unit vectors. */
function expectClose(actual: Iterable<ArrayLike<number>>, expected: number[][], tolerance: number): void {
  const rows = [...actual];
  expect(rows.map((row) => row.length)).toEqual(expected.map((row) => row.length));
  let worst = 0;
  for (const [index, row] of expected.entries()) {
    const scale = Math.max(1, ...row.map(Math.abs));
    for (const [column, value] of row.entries()) {
      const difference = Math.abs(rows[index]![column]! - value) / (tolerance < 1 ? scale : 1);
      worst = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : Math.max(worst, difference);
    }
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}

function camelCase(options: Record<string, unknown>): { precision?: EmbeddingPrecision } & Record<string, unknown> {
  const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
}
