/** Every hard text of the gold files gives Python's ids: see tools/gold/tokenizer.py. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { buildTokenizer, type ModelTokenizer } from "../../src/tokenizer/build-tokenizer.ts";
import { promptLength } from "../../src/tokenizer/prompt-length.ts";
import { tokenizerFileNames } from "../../src/tokenizer/tokenizer-files.ts";

const folder = "test/gold/tokenizer";
const real = "all-MiniLM-L6-v2";

interface Gold {
  readonly files?: Readonly<Record<string, string>>;
  readonly maxLength: number;
  readonly padId: number;
  readonly specialIds: readonly number[];
  readonly promptLengths: Readonly<Record<string, number>>;
  readonly ids: readonly (readonly number[])[];
  /** Place of the first text, of the second, maximum length, ids, token types. */
  readonly pairs: readonly (readonly [number, number, number, readonly number[], readonly number[] | null])[];
}

function readGold(name: string): unknown {
  return JSON.parse(gunzipSync(readFileSync(join(folder, `${name}.json.gz`))).toString("utf8"));
}

const { texts } = readGold("texts") as { texts: string[] };
const names = readdirSync(folder).map((file) => file.replace(".json.gz", ""));

function check(tokenizer: ModelTokenizer, gold: Gold): void {
  expect({ maxLength: tokenizer.maxLength, padId: tokenizer.padId }).toEqual({
    maxLength: gold.maxLength,
    padId: gold.padId,
  });
  expect([...tokenizer.specialIds].sort((a, b) => a - b)).toEqual(gold.specialIds);
  // Twice: the second time most words come from the cache.
  for (let round = 0; round < 2; round++) {
    const differences = texts.flatMap((text, index) => {
      const got = [...tokenizer.encode(text)];
      return `${got}` === `${gold.ids[index]}` ? [] : [{ text, got, want: gold.ids[index] }];
    });
    expect(differences.slice(0, 5)).toEqual([]);
  }
  for (const [prompt, length] of Object.entries(gold.promptLengths)) {
    expect([prompt, promptLength(tokenizer, prompt, tokenizer.maxLength)]).toEqual([prompt, length]);
  }
}

function checkPairs(tokenizer: ModelTokenizer, { pairs }: Gold): void {
  expect(pairs.length).toBeGreaterThan(100);
  for (const [first, second, maxLength, ids, types] of pairs) {
    const pair = tokenizer.encodePair(texts[first]!, texts[second]!, maxLength);
    expect([...pair.ids]).toEqual(ids);
    expect([...pair.typeIds]).toEqual(types ?? ids.map(() => 0));
  }
}

test("the gold has at least 2,000 texts", () => {
  expect(texts.length).toBeGreaterThan(2000);
});

describe("ids of Python", () => {
  for (const name of names.filter((each) => each !== "texts" && each !== real)) {
    test(name, () => {
      const gold = readGold(name) as Gold;
      const tokenizer = buildTokenizer(new Map(Object.entries(gold.files!)));
      check(tokenizer, gold);
      checkPairs(tokenizer, gold);
    });
  }

  const models = process.env.HPD_TEST_MODELS ?? "../shared/models";
  const there = existsSync(join(models, real, "tokenizer.json"));
  test.skipIf(!there)(`${real}${there ? "" : ` (skipped: not in ${models}, set HPD_TEST_MODELS)`}`, () => {
    const present = tokenizerFileNames.filter((name) => existsSync(join(models, real, name)));
    const files = new Map(present.map((name) => [name, readFileSync(join(models, real, name), "utf8")]));
    const gold = readGold(real) as Gold;
    const tokenizer = buildTokenizer(files);
    check(tokenizer, gold);
    checkPairs(tokenizer, gold);
  });
});
