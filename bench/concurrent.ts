/**
 * Calls beside each other, in one process: `npm run bench:concurrent -- [MODEL]`. A long call alone; one short text after
 * the other, alone and beside a long call; 64 callers of one text each.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { SentenceTransformer } from "../src/index.ts";
import { quantile } from "./report.ts";
import { sampleSentences } from "./sentences.ts";

const root = join(import.meta.dirname, "..");
const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sts: { type: "string", default: join(process.env.HPD_DATA ?? join(root, "../shared/data"), "sts") },
    sentences: { type: "string", default: "4096" },
    rounds: { type: "string", default: "3" },
  },
});
const texts = sampleSentences(options.sts, Number(options.sentences));
const queries = texts.map((text) => text.split(" ").slice(0, 7).join(" "));
const model = await SentenceTransformer.load(positionals[0]);

const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** So that the model no longer expects other calls. */
const forget = () => wait(2_500);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

function quantiles(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  return `p50 ${quantile(sorted, 0.5)} ms, p99 ${quantile(sorted, 0.99)} ms (${values.length} calls)`;
}

const perSecond = (milliseconds: number) => `${Math.round((1e3 * texts.length) / milliseconds)} texts/s`;

async function round(): Promise<void> {
  await forget();
  console.log("a long call alone:", perSecond(await timed(() => model.encode(texts))));

  const alone: number[] = [];
  for (const query of queries.slice(0, 200)) alone.push(await timed(() => model.encode(query)));
  console.log("one short text, alone:", quantiles(alone));

  await forget();
  let isOver = false;
  const long = timed(() => model.encode(texts)).finally(() => {
    isOver = true;
  });
  await wait(300);
  const beside: number[] = [];
  while (!isOver) {
    beside.push(await timed(() => model.encode(queries[beside.length % queries.length]!)));
    await wait(50);
  }
  console.log("one short text beside a long call:", quantiles(beside), "- the long call:", perSecond(await long));

  const many: number[] = [];
  const milliseconds = await timed(() =>
    Promise.all(
      Array.from({ length: 64 }, async (_, caller) => {
        for (let at = caller; at < texts.length; at += 64) many.push(await timed(() => model.encode(texts[at]!)));
      }),
    ),
  );
  console.log("64 callers of one text:", perSecond(milliseconds), quantiles(many));
}

try {
  await model.encode(texts.slice(0, 512));
  for (let count = 0; count < Number(options.rounds); count++) await round();
} finally {
  await model.dispose();
}
