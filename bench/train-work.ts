/**
 * What is trained: TinyBERT-L4-H312 with mean pooling and a Dense to 128 dimensions, random weights, and batches of
 * token ids with random targets. Each batch is one step of the optimizer.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";

export const dimension = 128;

const config = {
  model_type: "bert",
  architectures: ["BertModel"],
  vocab_size: 30_522,
  hidden_size: 312,
  num_hidden_layers: 4,
  num_attention_heads: 12,
  intermediate_size: 1200,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  hidden_act: "gelu",
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
};

export interface Workload {
  readonly name: string;
  /** Token ids by batch and sentence. */
  readonly batches: readonly (readonly (readonly number[])[])[];
}

/** What an engine reads: the targets lie in a file of their own, float32, sentence by sentence. */
export interface WorkloadFile extends Workload {
  readonly targets: string;
  readonly dropout: number;
}

const sentencesAWorkload = 2048;
const batchesAWindow = 50;

const source = new URL("../dist/", import.meta.url);
const built = <Exports>(path: string): Promise<Exports> => import(new URL(path, source).href);

/**
 * Writes the model as a folder that every engine loads, and makes the workloads.
 *
 * @param tokenizer a model folder with BERT's vocabulary of 30,522
 * @param file of sentences, a line each, gzipped
 */
export async function prepare(folder: string, tokenizer: string, file: string): Promise<Workload[]> {
  type Student = typeof import("../src/training/student/create-student.ts");
  type Save = typeof import("../src/publishing/save-model.ts");
  type Order = typeof import("../src/training/loop/epoch-order.ts");
  type Numbers = typeof import("../src/random.ts");
  const { createStudent } = await built<Student>("training/student/create-student.js");
  const { saveStudent } = await built<Save>("publishing/save-model.js");
  const { batchesByLength } = await built<Order>("training/loop/epoch-order.js");
  const { Random } = await built<Numbers>("random.js");

  const configFile = join(folder, "..", "tinybert.json");
  writeFileSync(configFile, JSON.stringify(config));
  const student = await createStudent({ model: configFile, tokenizer, dimension, seed: 1 });
  await saveStudent(student, folder);

  const random = new Random(1);
  const lines = random.shuffle(gunzipSync(readFileSync(file)).toString("utf8").split("\n").filter(Boolean));
  const ids = lines.slice(0, 256 * batchesAWindow).map((line) => [...student.tokenizer.encode(line)]);
  const even = Array.from({ length: sentencesAWorkload }, () => [
    101,
    ...Array.from({ length: 14 }, () => 1000 + random.nextInteger(29_522)),
    102,
  ]);
  return [64, 256].flatMap((size) => {
    const window = ids.slice(0, size * batchesAWindow);
    const byLength = batchesByLength(
      window.map(({ length }) => length),
      size,
      random,
    );
    const mixed = byLength.map((members) => members.map((index) => window[index]!));
    const count = sentencesAWorkload / size;
    return [
      {
        name: `batches of ${size}, 16 tokens`,
        batches: Array.from({ length: count }, (_, at) => even.slice(at * size, (at + 1) * size)),
      },
      { name: `batches of ${size}, sentences as they are`, batches: mixed.slice(0, count) },
    ];
  });
}

/** @returns the path of what an engine reads */
export function writeWorkload(folder: string, { name, batches }: Workload, dropout: number): string {
  const count = batches.flat().length;
  const targets = join(folder, "targets");
  // Any numbers that Tanh reaches will do.
  writeFileSync(
    targets,
    Float32Array.from({ length: count * dimension }, (_, index) => Math.sin(index) / 4),
  );
  const path = join(folder, "workload.json");
  writeFileSync(path, JSON.stringify({ name, batches, targets, dropout } satisfies WorkloadFile));
  return path;
}
