import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { classTfIdf } from "../../src/map/words/class-tf-idf.ts";
import { clusterNames } from "../../src/map/words/cluster-names.ts";
import { stopWordsFor } from "../../src/map/words/stop-words.ts";
import { termsOf, wordSegmenter, wordsOf } from "../../src/map/words/terms.ts";
import { textTerms } from "../../src/map/words/text-terms.ts";

const gold = JSON.parse(readFileSync(new URL("../gold/map/class-tf-idf.json", import.meta.url), "utf8"));

test("class-based TF-IDF is BERTopic's", () => {
  const classes = (gold.classes as string[]).map((text) => {
    const counts = new Map<string, number>();
    for (const term of text.split("|")) counts.set(term, (counts.get(term) ?? 0) + 1);
    return counts;
  });
  const weights = classTfIdf(classes);
  expect(weights.length).toBe(gold.weights.length);
  for (const [index, expected] of (gold.weights as Record<string, number>[]).entries()) {
    expect([...weights[index]!.keys()].sort()).toEqual(Object.keys(expected).sort());
    for (const [term, weight] of Object.entries(expected)) expect(weights[index]!.get(term)).toBeCloseTo(weight, 12);
  }
});

describe("terms", () => {
  const terms = (text: string, stopWords: string[] = []) =>
    termsOf(wordsOf(text, wordSegmenter()), new Set(stopWords)).map(({ key }) => key);

  test("are words and pairs of words that stand side by side", () => {
    expect(terms("Credit card debt")).toEqual(["credit", "card", "credit card", "debt", "card debt"]);
    expect(terms("debt of India, England", ["of"])).toEqual(["debt", "india", "england"]);
    expect(terms("state-of-the-art", ["of", "the"])).toEqual(["state", "art"]);
  });

  test("are counted once, without numbers, single letters and possessives", () => {
    expect(terms("a b 2016 50.5 x, India's India’s")).toEqual(["india"]);
    expect(terms("")).toEqual([]);
    expect(terms("😀 !?")).toEqual([]);
  });

  test("are words in languages without spaces, too", () => {
    expect(terms("我喜欢弹吉他")).toContain("吉他");
  });
});

describe("stop words", () => {
  test.each([
    ["How do I get a credit card and what is the interest?", "how", "card"],
    ["Wie bekomme ich eine Kreditkarte und was ist der Zins?", "eine", "kreditkarte"],
    ["¿Cómo puedo obtener una tarjeta de crédito para los niños?", "una", "tarjeta"],
  ])("are those of the language of: %s", async (text, stop, telling) => {
    const list = await stopWordsFor(text.toLowerCase().match(/\p{L}+/gu)!);
    expect(list.has(stop)).toBe(true);
    expect(list.has(telling)).toBe(false);
  });

  test("are none where the language is not known", async () => {
    expect((await stopWordsFor(["我", "喜欢", "弹", "吉他"])).size).toBe(0);
    expect((await stopWordsFor([])).size).toBe(0);
  });
});

describe("names", () => {
  const texts = [
    "How do I get a credit card?",
    "Which credit cards have low interest?",
    "Is a credit card a debt?",
    "Interest on my credit card debt",
    "How do I play guitar chords?",
    "What are the best guitar chords?",
    "Guitar or piano: what do I play?",
    "Do I play the iPhone's piano?",
    "What is the iPhone?",
    "the IPHONE",
    "the iPhone",
  ];
  const labels = Uint32Array.from([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]);

  test("are the telling terms, none twice, as they are mostly written", async () => {
    const names = clusterNames(await textTerms(texts), labels, 3);
    expect(names[0]![0]).toBe("credit card");
    expect(names[0]).toContain("interest");
    expect(names[0]!.join(" ")).not.toMatch(/cards/);
    expect(names[1]!.slice(0, 2).sort()).toEqual(["guitar chords", "play"]);
    expect(names[2]).toEqual(["iPhone"]);
  });

  test("are none where texts share no words", async () => {
    expect(clusterNames(await textTerms(["1 2 3", "", "one"]), Uint32Array.from([0, 0, 1]), 2)).toEqual([[], []]);
  });

  test("of a text of ten megabytes take no time worth mentioning", async () => {
    const long = "word ".repeat(2_000_000);
    expect(clusterNames(await textTerms([long, "word", "other"]), Uint32Array.from([0, 0, 0]), 1)).toEqual([["word"]]);
  });
});
