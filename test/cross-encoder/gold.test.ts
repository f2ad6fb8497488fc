/** Every case that sentence-transformers computed for the tiny cross-encoders: see tools/gold/cross-encoders.py. */

import { readFileSync } from "node:fs";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
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

/** Whether a case is one of a family's own; how a folder is laid out is no matter of the family. */
const isOwn = (model: string, { name }: Case) => name !== "saved by 6" || /^bert-/.test(model);

for (const [model, all] of Object.entries(gold.models)) {
  const cases = all.filter((each) => isOwn(model, each));
  describe(model, () => {
    const loaded = new Map<string, Promise<CrossEncoder>>();
    afterAll(async () => {
      for (const model of loaded.values()) await (await model).dispose();
    });

    test.each(cases.map((each) => [each.name, each] as const))("%s", async (_, each) => {
      const key = JSON.stringify([each.files, each.load]);
      // To start a worker takes longer than all else.
      const workers = model === "bert-1" && each.name === "plain" ? 1 : 0;
      if (!loaded.has(key)) loaded.set(key, load(model, each, workers));
      const crossEncoder = await loaded.get(key)!;
      expect(crossEncoder.numLabels).toBe(each.numLabels);
      await compare(crossEncoder, each);
    });
  });
}

async function load(model: string, { files, load }: Case, workers: number): Promise<CrossEncoder> {
  const options = { workers, onWarning: ignoreWarnings, ...camelCase(load) };
  const source = new URL(model, fixtures);
  if (Object.keys(files).length === 0) return await CrossEncoder.load(fileURLToPath(source), options);
  const folder = await mkdtemp(join(tmpdir(), "hpd-cross-"));
  try {
    await cp(source, folder, { recursive: true });
    for (const [file, content] of Object.entries(files)) await writeFile(join(folder, file), JSON.stringify(content));
    return await CrossEncoder.load(folder, options);
  } finally {
    await rm(folder, { recursive: true });
  }
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
