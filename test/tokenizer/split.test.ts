/** The pieces of `Split` are Python's, and hostile texts take no longer than their length: see tools/gold/split.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/common/json.ts";
import { HpdError } from "../../src/errors.ts";
import { buildSplit } from "../../src/tokenizer/split.ts";
import { expectLinear } from "../expect-linear.ts";

const path = process.env.HPD_SPLIT ?? "test/gold/split.json.gz";
const { patterns, cases } = JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as {
  patterns: string[];
  cases: [JsonObject, string, string[]][];
};

test("random texts are split as Python splits them", () => {
  const built = new Map<string, (text: string) => Iterable<string>>();
  const differences = cases.flatMap(([config, text, want]) => {
    const key = JSON.stringify(config);
    const split = built.get(key) ?? buildSplit(config);
    built.set(key, split);
    const got = [...split(text)];
    return JSON.stringify(got) === JSON.stringify(want) ? [] : [{ config, text, got, want }];
  });
  expect(differences.slice(0, 3)).toEqual([]);
  expect(cases.length).toBeGreaterThan(3000);
});

test("a group that is captured matches what one that isn't does", () => {
  const split = buildSplit({ pattern: { Regex: "(a|b)c" }, behavior: "Isolated" });
  expect([...split("xacbcd")]).toEqual(["x", "ac", "bc", "d"]);
});

describe("a text four times as long takes about four times as long:", () => {
  const units = [" ", "a", "A", "1", "!", " a", " \n", "a ", "aA", "漢", "\u0301"];
  test.each(patterns)("%s", async (pattern) => {
    const split = buildSplit({ pattern: { Regex: pattern }, behavior: "Isolated" });
    for (const unit of units) {
      await expectLinear(20_000, (length) => {
        for (const _ of split(`${unit.repeat(length / unit.length)}\u0001`));
      });
    }
  });
});

describe("what is not understood is refused:", () => {
  const refused = [
    "a+?",
    "^a",
    "a$",
    ".",
    "(a)\\1",
    "(?<=a)b",
    "\\bword",
    "\\w+",
    "[a&&b]",
    "[[:alpha:]]",
    "a{2}+",
    "(?:ab)*",
  ];
  test.each([
    ...refused,
    "a*",
    "a?|b",
    "[",
    "(",
    ")",
    "\\p{Greek}",
    "\\X",
    "(?i)a",
    "[z-a]",
    "[^]",
    "a{3,1}",
    "a{1,32}b{1,32}",
    "(?!ab)c",
  ])("%s", (pattern) => {
    expect(() => buildSplit({ pattern: { Regex: pattern }, behavior: "Isolated" })).toThrow(HpdError);
  });
});
