/**
 * Speed and exactness of a model that `hpd quantize` wrote, beside the model that it was made from in float32 and in the
 * int8 that is made at load: `node --conditions hpd-source bench/quantized.ts MODEL QUANTIZED`. All take turns in one
 * process, on sentences of an STS folder and on texts of 256 tokens that are put together from them.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SentenceTransformer } from "../src/index.ts";
import { sampleSentences } from "./sentences.ts";
import { median } from "./statistics.ts";
import { compareEmbeddings } from "./work.ts";

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sts: { type: "string", default: join(process.env.HPD_DATA ?? "../shared/data", "sts") },
    sentences: { type: "string", default: "4096" },
    long: { type: "string", default: "128" },
    rounds: { type: "string", default: "3" },
  },
});
const [folder, quantized] = positionals as [string, string];
const sentences = sampleSentences(options.sts, Number(options.sentences));
// Forty sentences are more than 256 tokens.
const long = Array.from({ length: Number(options.long) }, (_, at) =>
  Array.from({ length: 40 }, (__, next) => sentences[(at * 40 + next) % sentences.length]!).join(" "),
);
const models = {
  fp32: await SentenceTransformer.load(folder),
  "int8, dynamic": await SentenceTransformer.load(folder, { dtype: "int8" }),
  "int8, stored": await SentenceTransformer.load(quantized),
};
for (const [name, texts] of Object.entries({ sentences, "256 tokens": long })) {
  const rates = new Map<string, number[]>();
  const embeddings = new Map<string, Float32Array>();
  for (let round = 0; round <= Number(options.rounds); round++) {
    for (const [dtype, model] of Object.entries(models)) {
      const start = performance.now();
      const { data } = await model.encode(texts);
      const rate = (texts.length / (performance.now() - start)) * 1000;
      // The first round warms up.
      if (round === 0) embeddings.set(dtype, data);
      else rates.set(dtype, [...(rates.get(dtype) ?? []), rate]);
    }
  }
  process.stdout.write(`${name}, ${texts.length} texts\n`);
  for (const [dtype, each] of rates) {
    const { meanCosine, minCosine } = compareEmbeddings(embeddings.get(dtype)!, embeddings.get("fp32")!, texts.length);
    const figures = [
      median(each).toFixed(0),
      `texts/s; cosine ${meanCosine.toFixed(5)}, lowest ${minCosine.toFixed(4)}`,
    ];
    process.stdout.write(`  ${dtype.padEnd(14)} ${figures.join(" ")}\n`);
  }
}
await Promise.all(Object.values(models).map((model) => model.dispose()));
