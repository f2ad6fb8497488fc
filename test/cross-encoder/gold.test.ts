/** Every case that sentence-transformers computed for the tiny cross-encoders: see tools/gold/cross-encoders.py. */

import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { CrossEncoder, type TextPair } from "../../src/cross-encoder/index.ts";

interface Case {
  name: string;
  files: Record<string, unknown>;
  load: Record<string, unknown>;
  method: "predict" | "rank";
  options: Record<string, unknown>;
  numLabels: number;
  scores?: number[] | number[][];
  ranked?: { corpus_id: number; score: number; text?: string }[];
}

const gold = JSON.parse(
  String(gunzipSync(readFileSync(new URL("../gold/cross-encoders.json.gz", import.meta.url)))),
) as { pairs: TextPair[]; query: string; documents: string[]; models: Record<string, Case[]> };

const fixtures = new URL("../fixtures/cross-encoders/", import.meta.url);
const tolerance = 1e-5;
const ignoreWarnings = () => {};

for (const [model, cases] of Object.entries(gold.models)) {
  describe(model, () => {
    test.each(cases.map((each) => [each.name, each] as const))("%s", async (_, each) => {
      const folder = await mkdtemp(join(tmpdir(), "hpd-cross-"));
      try {
        await cp(new URL(model, fixtures), folder, { recursive: true });
        for (const [file, content] of Object.entries(each.files)) {
          await writeFile(join(folder, file), JSON.stringify(content));
        }
        // To start a worker takes longer than all else: one case of each model has one.
        const workers = each === cases[0] ? 1 : 0;
        const options = { workers, onWarning: ignoreWarnings, ...camelCase(each.load) };
        await using loaded = await CrossEncoder.load(folder, options);
        expect(loaded.numLabels).toBe(each.numLabels);
        await compare(loaded, each);
      } finally {
        await rm(folder, { recursive: true });
      }
    });
  });
}

async function compare(model: CrossEncoder, { options, scores, ranked }: Case): Promise<void> {
  const given = camelCase(options);
  if (ranked !== undefined) {
    const found = await model.rank(gold.query, gold.documents, given);
    expect(found.map(({ corpusId, text }) => [corpusId, text])).toEqual(
      ranked.map(({ corpus_id, text }) => [corpus_id, text]),
    );
    expectClose(found.map(({ score }) => score), ranked.map(({ score }) => score)); // biome-ignore format: one pair
    return;
  }
  const rows = await model.predictLabels(gold.pairs, given);
  expectClose([...rows.data], scores!.flat()); // biome-ignore format: one pair
  if (model.numLabels === 1) expect(await model.predict(gold.pairs, given)).toEqual(rows.data);
}

function expectClose(actual: readonly number[], expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  const scale = (value: number) => Math.max(1, Math.abs(value));
  const worst = Math.max(...expected.map((value, at) => Math.abs(actual[at]! - value) / scale(value)));
  expect(worst).toBeLessThanOrEqual(tolerance);
}

function camelCase(options: Record<string, unknown>): Record<string, unknown> {
  const camel = (name: string) => name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(options).map(([name, value]) => [camel(name), value]));
}
