/** Made-up texts of three intents, for the program of docs/few-examples.md. */
import type { Random } from "../../src/random.ts";

/** Words that the tiny model knows, a few for each intent, in random order. */
const wordsOf = {
  walk_dog: ["dog", "run", "park", "the", "in"],
  sleep: ["sleep", "lazy", "fox", "and", "man"],
  cook: ["onion", "slicing", "large", "woman", "of"],
};

/** Lines of a CSV file, so many of each intent. A comma in a text has it quoted. */
export function intentRows(count: number, random: Random): string {
  const lines = Object.entries(wordsOf).flatMap(([intent, words]) =>
    Array.from({ length: count }, (_, at) => {
      const text = random
        .shuffle([...words])
        .slice(1)
        .join(" ");
      return at % 2 === 0 ? `${text},${intent}` : `"${text}, ""hello""",${intent}`;
    }),
  );
  return ["text,category", ...lines, ""].join("\n");
}

export function intentOf(text: string): string {
  const [intent] = Object.entries(wordsOf).find(([, words]) => words.some((word) => text.split(/\W+/).includes(word)))!;
  return intent;
}
