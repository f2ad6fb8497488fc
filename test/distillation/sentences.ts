/** Sentences of words that the tiny models know, all different. */
import { Random } from "../../src/random.ts";

const words =
  "the a man woman dog park quick brown fox lazy world hello large onion flute playing slicing sleep run and in of".split(
    " ",
  );

export function madeUpSentences(count: number, seed: number): string[] {
  const random = new Random(seed);
  const sentences = new Set<string>();
  while (sentences.size < count) {
    const length = 2 + random.nextInteger(12);
    sentences.add(Array.from({ length }, () => words[random.nextInteger(words.length)]).join(" "));
  }
  return [...sentences];
}
