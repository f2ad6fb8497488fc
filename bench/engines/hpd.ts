/** hpd, the built package, with default options. Arguments: model folder, sentences file, `fp32` or `int8`. */
import { monitorEventLoopDelay } from "node:perf_hooks";
import { readSentences, serve } from "./serve.ts";

const [folder, sentencesFile, dtype] = process.argv.slice(2) as [string, string, "fp32" | "int8"];
const sentences = readSentences(sentencesFile);

const start = performance.now();
// By URL, so that the type check needs no build.
const built = new URL("../../dist/index.js", import.meta.url).href;
const { SentenceTransformer } = (await import(built)) as typeof import("../../src/index.ts");
const model = await SentenceTransformer.load(folder, { dtype });
await model.encode(sentences[0]!);
const firstVectorMs = performance.now() - start;

await serve({
  firstVectorMs,
  encode: async () => (await model.encode(sentences)).data,
  extra: {
    async tokenCounts() {
      const tokens = await model.encode(sentences, { outputValue: "token_embeddings" });
      return { tokenCounts: tokens.map((matrix) => matrix.count) };
    },
    /** How late a 1 ms timer of the main thread fires while 10,000 sentences are encoded; the 1 ms is included. */
    async eventLoop() {
      const many = Array.from({ length: 10_000 }, (_, index) => sentences[index % sentences.length]!);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      await model.encode(many);
      delay.disable();
      const [p50, p99, max] = [delay.percentile(50), delay.percentile(99), delay.max].map((ns) => ns / 1e6);
      return { eventLoop: { p50: p50!, p99: p99!, max: max! } };
    },
  },
});
