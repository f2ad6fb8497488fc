/**
 * transformers.js: its feature-extraction pipeline with mean pooling, 32 sentences at once as its users call it. It lies
 * here to find its own node_modules. It cannot apply a Dense module: the network and the pooling are all it does.
 * Arguments: folder that `export.py` wrote, sentences file, `fp32` or `q8`, `input-order` or `sorted`, `normalize` or `raw`.
 */
import { basename, dirname, resolve } from "node:path";
import { readSentences, serve } from "../../bench/engines/serve.ts";

const batchSize = 32;
const [folder, sentencesFile, dtype, order, normalize] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
];
const sentences = readSentences(sentencesFile);

interface TransformersJs {
  env: { allowRemoteModels: boolean; localModelPath: string };
  pipeline(task: string, model: string, options: object): Promise<Extractor>;
}
type Extractor = (texts: string[], options: object) => Promise<{ data: Float32Array; dims: number[] }>;

const start = performance.now();
// By a variable, so that the root's type check does not ask for a package that only this folder has.
const library = "@huggingface/transformers";
const { env, pipeline } = (await import(library)) as TransformersJs;
env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(folder));
const extract = await pipeline("feature-extraction", basename(folder), { dtype });
const options = { pooling: "mean", normalize: normalize === "normalize" };
const dimension = (await extract(sentences.slice(0, 1), options)).dims[1]!;
const firstVectorMs = performance.now() - start;

await serve({
  firstVectorMs,
  async encode() {
    const indices = sentences.map((_, index) => index);
    if (order === "sorted") indices.sort((a, b) => sentences[b]!.length - sentences[a]!.length);
    const data = new Float32Array(sentences.length * dimension);
    for (let begin = 0; begin < indices.length; begin += batchSize) {
      const batch = indices.slice(begin, begin + batchSize);
      const output = await extract(
        batch.map((index) => sentences[index]!),
        options,
      );
      for (const [row, index] of batch.entries()) {
        data.set(output.data.subarray(row * dimension, (row + 1) * dimension), index * dimension);
      }
    }
    return data;
  },
});
