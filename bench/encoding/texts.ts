/** The texts of `npm run bench`, out of STS sentences: the same ones for the same folder and model. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { sampleSentences } from "../sentences.ts";
import type { BulkTask } from "./results.ts";

export interface Sizes {
  readonly short: number;
  readonly mixed: number;
  readonly long: number;
  readonly queries: number;
}

export interface Pair {
  readonly texts: readonly [string, string];
  readonly score: number;
}

export interface Texts extends Readonly<Record<BulkTask, readonly string[]>> {
  readonly queries: readonly string[];
  /** For the ranges of a quantization: none of them is among the others. */
  readonly calibration: readonly string[];
  /** The test pairs of STS-B, and their sentences. */
  readonly pairs: readonly Pair[];
  readonly sentences: readonly string[];
}

const calibrationCount = 300;
const longTokens = 256;
const mixedTokens = 512;
/** One less than the model reads, so that what is counted is not what is left of a longer text. */
const mostTokens = mixedTokens - 1;
const queryWords = 7;

/**
 * @param folder STS tasks in SentEval layout
 * @param count tokens of a text, special ones included
 */
export function makeTexts(folder: string, sizes: Sizes, count: (text: string) => number): Texts {
  const all = sampleSentences(folder, sizes.short + calibrationCount);
  const short = all.slice(0, sizes.short);
  let at = 0;
  const next = () => short[at++ % short.length]!;
  const cut = (tokens: number) => textOf(tokens, next, count);
  const pairs = testPairs(folder);
  return {
    short,
    // As many between 8 and 16 tokens as between 256 and 512: shares of the logarithm, spread evenly and mixed.
    mixed: Array.from({ length: sizes.mixed }, (_, index) =>
      cut(Math.round(mixedTokens ** (((index * 0.618034) % 1) + 1e-9))),
    ),
    long: Array.from({ length: sizes.long }, () => cut(longTokens)),
    queries: Array.from({ length: sizes.queries }, (_, index) =>
      short[(index * 7) % short.length]!.split(" ").slice(0, queryWords).join(" "),
    ),
    calibration: all.slice(-calibrationCount),
    pairs,
    sentences: [...new Set(pairs.flatMap((pair) => pair.texts))],
  };
}

/** Sentences one after the other, cut after the last word with which they have at most so many tokens. */
function textOf(tokens: number, next: () => string, count: (text: string) => number): string {
  const words: string[] = [];
  while (words.length < tokens) words.push(...next().split(" "));
  // More words never have fewer tokens.
  let [low, high] = [1, words.length];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (count(words.slice(0, middle).join(" ")) <= Math.min(tokens, mostTokens)) low = middle;
    else high = middle - 1;
  }
  return words.slice(0, low).join(" ");
}

function testPairs(folder: string): Pair[] {
  return readFileSync(join(folder, "STSBenchmark/sts-test.csv"), "utf8")
    .split("\n")
    .filter(Boolean)
    .map((line) => {
      const cells = line.split("\t");
      return { texts: [cells[5]!.trim(), cells[6]!.trim()], score: Number(cells[4]) };
    });
}
