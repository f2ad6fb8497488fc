/** The benchmark's sentences: from an STS folder in SentEval layout, shuffled with a fixed seed. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** @returns `count` distinct sentences, the same ones in the same order for the same folder */
export function sampleSentences(folder: string, count: number): string[] {
  if (!existsSync(folder)) {
    throw new Error(`expected an STS folder in SentEval layout, ${folder} does not exist: name one with --sts`);
  }
  const distinct = new Set<string>();
  for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    const columns = /STS\.input\.[^/]*\.txt$/.test(file) ? [0, 1] : /sts-\w+\.csv$/.test(file) ? [5, 6] : undefined;
    if (columns === undefined) continue;
    for (const line of readFileSync(join(folder, file), "utf8").split("\n")) {
      const cells = line.split("\t");
      for (const column of columns) {
        const sentence = cells[column]?.trim();
        if (sentence) distinct.add(sentence);
      }
    }
  }
  if (distinct.size < count) {
    throw new Error(`expected at least ${count} distinct sentences under ${folder}, found ${distinct.size}`);
  }
  return shuffle([...distinct]).slice(0, count);
}

/**
 * Fisher-Yates, in place, with Marsaglia's xorshift32 as the source of numbers.
 *
 * @param seed not 0
 */
export function shuffle<T>(items: T[], seed = 42): T[] {
  let state = seed;
  for (let last = items.length - 1; last > 0; last--) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    const other = (state >>> 0) % (last + 1);
    [items[last], items[other]] = [items[other]!, items[last]!];
  }
  return items;
}
