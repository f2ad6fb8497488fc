/** Models with a rotation: their embeddings, their folders, and what is refused. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { quantize } from "../../src/quantization/index.ts";
import { linesOf } from "../../src/texts/lines.ts";
import { rotateModel } from "../../src/train.ts";
import { runHpd } from "../cli/run-hpd.ts";
import { fixture, withFiles } from "../encode/model-folder.ts";
import { heldBytes } from "../held-bytes.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-rotate-"));
afterAll(() => rm(scratch, { recursive: true }));

const words = "a man is playing the flute while woman slices an onion and two dogs run in park".split(" ");
const sentences = Array.from({ length: 260 }, (_, text) =>
  Array.from(
    { length: 5 },
    (_, place) => words[(text * (place + 3) + place * place + (text >> 3)) % words.length],
  ).join(" "),
);
const short = { sentences, maxSteps: 20, workers: 0 };

async function embed(model: string) {
  await using loaded = await SentenceTransformer.load(model, { workers: 0 });
  const embeddings = await loaded.encode(sentences.slice(0, 8));
  return { similarities: loaded.similarity(embeddings, embeddings).data, description: loaded.describe(), embeddings };
}

// Models that scale embeddings to length 1, that don't, and a table without a network.
test.each(["bert-unigram", "bert", "static"])("%s: embeddings are others, similarities the same", async (name) => {
  const out = join(scratch, name);
  const progress: string[] = [];
  const result = await rotateModel({
    ...short,
    model: fixture(name),
    out,
    onProgress: ({ stage, done, total }) => progress.push(`${stage} ${done} of ${total}`),
  });
  expect(result).toMatchObject({ out, learned: 195, measured: 65 });
  expect(progress).toContain("encode 260 of 260");
  expect(progress.at(-1)).toBe("rotate 20 of 20");
  const [before, after] = [await embed(fixture(name)), await embed(out)];
  expect(after.description.isNormalized).toBe(before.description.isNormalized);
  const apart = before.similarities.map((value, at) => Math.abs(value - after.similarities[at]!));
  expect(Math.max(...apart)).toBeLessThan(1e-5);
  expect(after.embeddings.row(0)).not.toEqual(before.embeddings.row(0));
  const dimension = before.description.dimension;
  expect(result.cuts.map(({ dimensions }) => dimensions)).toEqual(
    [2, 4, 8].map((part) => Math.floor(dimension / part)),
  );
  for (const { after: kept, before: own } of result.cuts) expect(kept).toBeGreaterThanOrEqual(own - 0.05);
});

test("the rotation is a Dense before the Normalize, and the card says what it keeps", async () => {
  const out = join(scratch, "folder");
  await rotateModel({ ...short, model: fixture("bert-unigram"), out, dimensions: [6], weightsDtype: "fp16" });
  const modules = JSON.parse(await readFile(join(out, "modules.json"), "utf8"));
  expect(modules.map(({ path }: { path: string }) => path).slice(-2)).toEqual(["2_Dense", "3_Normalize"]);
  expect(JSON.parse(await readFile(join(out, "2_Dense/config.json"), "utf8"))).toMatchObject({
    bias: false,
    activation_function: "torch.nn.modules.linear.Identity",
  });
  const card = await readFile(join(out, "README.md"), "utf8");
  expect(card).toContain("by which its embeddings can be cut to their first 6 numbers");
  expect(card).toMatch(/ten nearest texts kept at 6 dimensions \| \d+\.\d %, before \d+\.\d %/);
  expect(card).toContain("rotateModel");
});

test("refuses what can't be rotated, and what can't be cut", async () => {
  const model = fixture("bert");
  const out = join(scratch, "none");
  const cases: [object, string][] = [
    [{ sentences: sentences.slice(0, 199) }, "sentences should be 200 at least, got 199"],
    [{ sentences: "texts.txt" }, 'sentences should be an iterable of strings, got "texts.txt"'],
    [{ sentences: [1, 2] }, "sentences should be texts, got number"],
    [{ dimensions: [] }, "dimensions should be a list of integers from 1 to"],
    [{ dimensions: [4096] }, "dimensions should be a list of integers from 1 to"],
    [{ out: model }, "out should be another folder than model"],
    [{ limit: 0 }, "limit should be a positive integer"],
    [{ limit: 100 }, "limit should be 200 at least, got 100"],
  ];
  for (const [changes, problem] of cases) {
    await expect(rotateModel({ ...short, model, out, ...changes })).rejects.toThrow(problem);
  }
  const config = JSON.parse(await readFile(join(model, "config_sentence_transformers.json"), "utf8"));
  await using cut = await withFiles("bert", { "config_sentence_transformers.json": { ...config, truncate_dim: 4 } });
  await expect(rotateModel({ ...short, model: cut.path, out })).rejects.toThrow("is truncated (truncate_dim)");
  const int8 = join(scratch, "int8");
  await quantize({ model, out: int8, sentences: sentences.slice(0, 40), workers: 0 });
  await expect(rotateModel({ ...short, model: int8, out })).rejects.toThrow("quantize");
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(rotateModel({ ...short, model, out, signal })).rejects.toThrow("enough");
});

test("the texts that are drawn keep nothing else of the files that they were cut from", async () => {
  async function* pieces() {
    const line = `${"the flute ".repeat(60)}\n`;
    for (let piece = 0; piece < 100; piece++) yield Buffer.from(`${piece} ${line}`.repeat(100)).toString();
  }
  let held = Number.NaN;
  async function* measured() {
    const before = await heldBytes();
    yield* linesOf(pieces());
    held = (await heldBytes()) - before;
    throw new Error("enough");
  }
  const out = join(scratch, "none");
  const rotation = rotateModel({ ...short, model: fixture("bert"), out, sentences: measured(), limit: 200 });
  await expect(rotation).rejects.toThrow("enough");
  expect(held).toBeLessThan(2e6);
});

test("hpd rotate", async () => {
  const [out, file] = [join(scratch, "by-command"), join(scratch, "texts.txt")];
  await writeFile(file, sentences.join("\n"));
  const line = ["rotate", fixture("bert"), "--sentences", file, "--max-steps", "5", "--out", out];
  const { code, stdout } = await runHpd([...line, "--dimensions", "8,4"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /learnt from 195 texts\nof the ten texts nearest to each of 65 others.*\n {6}8 {2}\d+\.\d %, before/,
  );
  expect(await runHpd(line)).toMatchObject({ code: 1, stderr: expect.stringContaining("isn't empty") });
  const none = await runHpd(["rotate", fixture("bert"), "--out", out]);
  expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining("--sentences") });
});
