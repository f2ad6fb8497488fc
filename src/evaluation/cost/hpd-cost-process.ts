/** The program of the process that `measureCost` starts: receives one question, measures, answers. */
import { readFileSync } from "node:fs";
import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import type { Cost } from "./cost.ts";
import type { CostAnswer, CostQuestion } from "./cost-messages.ts";

/** Measurements of throughput; their median is robust against other load of the machine. */
const rounds = 3;

/** Calls with one text; a 99th percentile needs a few hundred. */
const singleTexts = 300;

/** Texts encoded before measuring, since first runs are slower. */
const warmUpTexts = 128;

async function measure({ model: idOrPath, options: loadOptions, texts }: CostQuestion): Promise<Cost> {
  // The parent process loads the model too, and reports its warnings.
  await using model = await SentenceTransformer.load(idOrPath, { ...loadOptions, onWarning: () => {} });
  const evenly = (count: number) =>
    Array.from({ length: count }, (_, i) => texts[Math.floor((i * texts.length) / count)]!);
  // Without a task a Router may have no route. Most texts are documents.
  const options = model.routes.includes("document") ? { task: "document" } : {};
  await model.encode(evenly(warmUpTexts), options);
  const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const many: number[] = [];
  for (let round = 0; round < rounds; round++) many.push(await milliseconds(() => model.encode(texts, options)));
  const single: number[] = [];
  for (const text of evenly(singleTexts)) single.push(await milliseconds(() => model.encode(text, options)));
  const { parameters, fileBytes, bytes } = model.describe();
  return {
    parameters,
    fileBytes,
    weightBytes: bytes,
    peakMemoryBytes: peakMemoryBytes(),
    sentencesPerSecond: (1000 * texts.length) / percentile(many, 0.5),
    singleP50Milliseconds: percentile(single, 0.5),
    singleP99Milliseconds: percentile(single, 0.99),
  };
}

/** The percentile by nearest rank. */
function percentile(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(fraction * values.length) - 1]!;
}

/**
 * The peak of resident memory. On Linux `maxRSS` includes memory of the parent at the time of the fork; the kernel's
 * `VmHWM` does not.
 */
function peakMemoryBytes(): number {
  const kibibytes =
    process.platform === "linux"
      ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1])
      : process.resourceUsage().maxRSS;
  return kibibytes * 1024;
}

// The parent no longer waits for an answer.
process.once("disconnect", () => process.exit());

process.once("message", async (question: CostQuestion) => {
  const answer: CostAnswer = await measure(question).then(
    (cost) => ({ cost }),
    (error) => ({
      error: { code: error instanceof HpdError ? error.code : "runtime", message: (error as Error).message },
    }),
  );
  process.send!(answer);
});
