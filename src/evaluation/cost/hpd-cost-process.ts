/** The process that `measureCost` starts: takes one question, measures, answers. */
import { readFileSync } from "node:fs";
import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import type { Cost } from "./cost.ts";
import type { CostAnswer, CostQuestion } from "./cost-messages.ts";

/** The median of a few is not led astray by what else the machine does. */
const rounds = 3;

/** The 99th of 100 needs a few hundred. */
const singleTexts = 300;

/** What runs for the first time is slower. */
const warmUpTexts = 128;

async function measure({ model: idOrPath, options, texts }: CostQuestion): Promise<Cost> {
  // The process that asks has the model loaded too, and told of its warnings.
  await using model = await SentenceTransformer.load(idOrPath, { ...options, onWarning: () => {} });
  const evenly = (count: number) =>
    Array.from({ length: count }, (_, i) => texts[Math.floor((i * texts.length) / count)]!);
  await model.encode(evenly(warmUpTexts));
  const milliseconds = async (work: () => Promise<unknown>): Promise<number> => {
    const start = performance.now();
    await work();
    return performance.now() - start;
  };
  const many: number[] = [];
  for (let round = 0; round < rounds; round++) many.push(await milliseconds(() => model.encode(texts)));
  const single: number[] = [];
  for (const text of evenly(singleTexts)) single.push(await milliseconds(() => model.encode(text)));
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

/** The nearest rank. */
function percentile(values: readonly number[], fraction: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(fraction * values.length) - 1]!;
}

/** On Linux `maxRSS` also counts what the parent held when it started this process; the kernel's own peak does not. */
function peakMemoryBytes(): number {
  const kibibytes =
    process.platform === "linux"
      ? Number(/VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))![1])
      : process.resourceUsage().maxRSS;
  return kibibytes * 1024;
}

// Nobody waits for an answer any more.
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
