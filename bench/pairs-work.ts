/**
 * What is fine-tuned on: pairs of texts of two shapes, short ones of about 20 tokens each, and queries of about 10 with
 * passages of about 120; and two models, all-MiniLM-L6-v2 and one of BERT-base's shape with random weights.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export interface Pair {
  readonly anchor: string;
  readonly positive: string;
}

/** What an engine reads. */
export interface PairsJob {
  readonly model: string;
  /** JSONL of pairs: to train on, and a batch for the validation at the end. */
  readonly data: string;
  readonly validation: string;
  /** Where the trained model goes. */
  readonly out: string;
  readonly maxSeqLength: number;
  readonly batchSize: number;
  /** Steps after which it answers and waits to be asked for more; the last one is the end of the run. */
  readonly pauses: readonly number[];
  readonly dropout: number;
  readonly precision: "fp32" | "bf16";
}

export interface Shape {
  readonly name: string;
  /** Tokens of each column, special ones included: at least and at most. */
  readonly anchor: readonly [number, number];
  readonly positive: readonly [number, number];
  readonly maxSeqLength: number;
}

/** Passages are cut to 128 tokens. */
export const shapes = {
  short: { name: "short pairs", anchor: [15, 28], positive: [15, 28], maxSeqLength: 32 },
  passages: { name: "queries and passages", anchor: [7, 14], positive: [105, 180], maxSeqLength: 128 },
} as const satisfies Record<string, Shape>;

/** Special ones included. @param most that the text is cut to */
export type CountTokens = (text: string, most?: number) => number;

/** @returns the first `count` pairs of a file, in a seeded order, that have the shape */
export function pairsOf(
  file: string,
  shape: Shape,
  count: number,
  tokens: CountTokens,
  shuffle: <T>(all: T[]) => T[],
): Pair[] {
  const bytes = readFileSync(file);
  const text = (file.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const lines = text.split("\n").filter(Boolean);
  const all = file.includes(".tsv") ? lines.flatMap(ofTsv) : lines.flatMap(ofJson);
  const seen = new Set<string>();
  const found: Pair[] = [];
  const within = (text: string, [least, most]: readonly [number, number]) => {
    const length = tokens(text);
    return length >= least && length <= most;
  };
  for (const pair of shuffle(all)) {
    if (found.length === count) return found;
    if (seen.has(pair.anchor) || seen.has(pair.positive)) continue;
    if (!within(pair.anchor, shape.anchor) || !within(pair.positive, shape.positive)) continue;
    seen.add(pair.anchor).add(pair.positive);
    found.push(pair);
  }
  if (found.length === count) return found;
  throw new Error(`${file} has ${found.length} pairs for "${shape.name}", ${count} are wanted: name another file`);
}

function ofTsv(line: string): Pair[] {
  const [label, anchor, positive] = line.split("\t");
  return label === "entailment" && anchor && positive ? [{ anchor, positive }] : [];
}

function ofJson(line: string): Pair[] {
  const row = JSON.parse(line) as Record<string, string | undefined>;
  const anchor = row.anchor ?? row.query ?? row.question ?? row.sentence1;
  const positive = row.positive ?? row.passage ?? row.answer ?? row.sentence2;
  return anchor && positive ? [{ anchor, positive }] : [];
}

/** Texts of words of a vocabulary where there is no file, rare ones rarely: a word's place in it is squared chance. */
export function drawnPairs(shape: Shape, count: number, words: readonly string[], next: () => number): Pair[] {
  const text = ([least, most]: readonly [number, number]) => {
    // Two tokens are special.
    const length = least - 2 + Math.floor(next() * (most - least + 1));
    return Array.from({ length }, () => words[Math.floor(next() ** 2 * words.length)]).join(" ");
  };
  return Array.from({ length: count }, () => ({ anchor: text(shape.anchor), positive: text(shape.positive) }));
}

export function writeJsonl(path: string, rows: readonly object[]): string {
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  return path;
}

const bertBase = {
  model_type: "bert",
  architectures: ["BertModel"],
  vocab_size: 30_522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  hidden_act: "gelu",
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
};

const built = <Exports>(path: string): Promise<Exports> => import(new URL(`../dist/${path}`, import.meta.url).href);

/** Writes a model of BERT-base's shape with mean pooling. @param tokenizer a model folder with BERT's vocabulary */
export async function writeBertBase(folder: string, tokenizer: string): Promise<void> {
  type Create = typeof import("../src/training/student/create-student.ts");
  type Students = typeof import("../src/training/student/student.ts");
  type Save = typeof import("../src/publishing/save-model.ts");
  const { createStudent } = await built<Create>("training/student/create-student.js");
  const { Student } = await built<Students>("training/student/student.js");
  const { saveStudent } = await built<Save>("publishing/save-model.js");
  const config = join(folder, "..", "bert-base.json");
  writeFileSync(config, JSON.stringify(bertBase));
  const { modules, tokenizer: own, files } = await createStudent({ model: config, tokenizer, dimension: 8, seed: 1 });
  // Without the Dense that a student of distillation has.
  await saveStudent(new Student(modules.slice(0, 2), own, files), folder);
}

/** What counts tokens, words to draw texts from, and seeded numbers. @param tokenizer a model folder with BERT's vocabulary */
export async function textTools(tokenizer: string) {
  type Numbers = typeof import("../src/random.ts");
  type Open = typeof import("../src/training/student/open-student.ts");
  const { openStudent } = await built<Open>("training/student/open-student.js");
  const { Random } = await built<Numbers>("random.js");
  const student = await openStudent({ model: tokenizer });
  const vocabulary = readFileSync(join(tokenizer, "vocab.txt"), "utf8").split("\n");
  return {
    tokens: (text: string, most?: number) => student.tokenizer.encode(text, most).length,
    words: vocabulary.filter((word) => /^[a-z]{2,}$/.test(word)),
    Random,
  };
}
