/** A value of a wrong kind anywhere in the files: a tokenizer, or an HpdError, never another error. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";
import { Random } from "../../src/random.ts";
import { buildTokenizer } from "../../src/tokenizer/build-tokenizer.ts";

const { bases } = JSON.parse(gunzipSync(readFileSync("test/gold/tokenizer-settings.json.gz")).toString("utf8")) as {
  bases: Record<string, Record<string, unknown>>;
};
const wrong: unknown[] = [
  null,
  true,
  -5,
  1.5,
  1e300,
  "",
  "x",
  [],
  [[]],
  [null],
  {},
  { toString: 1 },
  { __proto__: null, a: {} },
];

/** Every place of a value, but of the vocabulary and the merges the first few. */
function places(value: unknown, path: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== "object" || value === null) return [path];
  const keys = Object.keys(value).slice(0, 12);
  return [path, ...keys.flatMap((key) => places((value as Record<string, unknown>)[key], [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> = Array.isArray(value) ? ([...value] as never) : { ...(value as object) };
  copy[key] = replaced(copy[key], rest, by);
  return copy;
}

test("random places of random files", () => {
  const random = new Random(16);
  const names = Object.keys(bases);
  let refused = 0;
  for (let round = 0; round < Number(process.env.HPD_FUZZ_ROUNDS ?? 400); round++) {
    const files = structuredClone(bases[names[random.nextInteger(names.length)]!]!);
    const file = Object.keys(files)[random.nextInteger(Object.keys(files).length)]!;
    const every = typeof files[file] === "string" ? [[]] : places(files[file]);
    const place = every[random.nextInteger(every.length)]!;
    const value = wrong[random.nextInteger(wrong.length)];
    files[file] = replaced(files[file], place, value);
    const texts = Object.entries(files).map(([name, content]): [string, string] => [
      name,
      typeof content === "string" ? content : (JSON.stringify(content) ?? "null"),
    ]);
    try {
      buildTokenizer(new Map(texts)).encode("a cat [MASK] <mask> naïve");
    } catch (error) {
      refused++;
      if (error instanceof HpdError) continue;
      expect([file, place, value, `${(error as Error).stack}`]).toEqual("an HpdError");
    }
  }
  expect(refused).toBeGreaterThan(20);
});
