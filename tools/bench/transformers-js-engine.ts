/**
 * transformers.js: the exported network in float32 or quantized (`dtype`), pooling in the network. It lies here to find its
 * own node_modules.
 */
import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { type EncoderSettings, serveEncoder } from "../../bench/engines/serve-encoder.ts";

const settings = JSON.parse(process.argv[2]!) as EncoderSettings;

interface TransformersJs {
  env: { allowRemoteModels: boolean; localModelPath: string };
  AutoTokenizer: { from_pretrained(model: string): Promise<(texts: string[], options: object) => object> };
  AutoModel: { from_pretrained(model: string, options: object): Promise<(inputs: object) => Promise<Outputs>> };
}
interface Outputs {
  sentence_embedding: { data: Float32Array; dims: number[] };
}

const start = performance.now();
// By a variable, so that the root's type check does not ask for a package that only this folder has.
const library = "@huggingface/transformers";
const { env, AutoModel, AutoTokenizer } = (await import(library)) as TransformersJs;
env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(settings.exported));
const name = basename(settings.exported);
const [tokenize, model] = await Promise.all([
  AutoTokenizer.from_pretrained(name),
  AutoModel.from_pretrained(name, { dtype: settings.dtype }),
]);

async function run(texts: string[]): Promise<Float32Array> {
  const inputs = tokenize(texts, { padding: true, truncation: true, max_length: settings.maxTokens });
  return (await model(inputs)).sentence_embedding.data;
}

/** Indices of texts of like length, the longest first: at most 16 a batch, and 4,500 characters with the padding. */
function* batches(texts: readonly string[]): Iterable<number[]> {
  let batch: number[] = [];
  for (const index of texts.map((_, index) => index).sort((a, b) => texts[b]!.length - texts[a]!.length)) {
    const isFull = batch.length === 16 || texts[batch[0] ?? index]!.length * (batch.length + 1) > 4_500;
    if (isFull && batch.length > 0) {
      yield batch;
      batch = [];
    }
    batch.push(index);
  }
  if (batch.length > 0) yield batch;
}

function versionOf(name: string): string {
  const file = new URL(`node_modules/${name}/package.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8")).version;
}

await run([settings.text]);
await serveEncoder(performance.now() - start, {
  versions: {
    "transformers.js": versionOf(library),
    "onnxruntime-node": versionOf("onnxruntime-node"),
  },
  async encode(texts) {
    const data = new Float32Array(texts.length * settings.dimension);
    for (const batch of batches(texts)) {
      const rows = await run(batch.map((index) => texts[index]!));
      for (const [row, index] of batch.entries()) {
        const vector = rows.subarray(row * settings.dimension, (row + 1) * settings.dimension);
        data.set(vector, index * settings.dimension);
      }
    }
    return data;
  },
  encodeOne: (text) => run([text]),
});
