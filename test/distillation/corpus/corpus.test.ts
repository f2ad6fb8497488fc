/** Which sentences a run learns from, in which order, and what is refused. */
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type Corpus, openCorpus } from "../../../src/distillation/corpus/corpus.ts";
import type { CorpusOptions, SentenceFile } from "../../../src/distillation/corpus/corpus-options.ts";

const { signal } = new AbortController();
const folder = await mkdtemp(join(tmpdir(), "hpd-corpus-"));
const work = join(folder, "work");
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<SentenceFile> {
  const path = join(folder, name);
  await writeFile(path, content);
  return { path };
}

interface Sentences {
  readonly train: string[];
  readonly validation: string[];
  readonly counts: Corpus["counts"];
  readonly fingerprint: string;
}

async function sentences(options: Omit<CorpusOptions, "seed"> & { seed?: number }): Promise<Sentences> {
  const corpus = await openCorpus({ seed: 1, ...options }, work, signal, () => {});
  try {
    const { counts, fingerprint } = corpus;
    return {
      train: await corpus.read(corpus.train),
      validation: await corpus.read(corpus.validation),
      counts,
      fingerprint,
    };
  } finally {
    await corpus.close();
  }
}

const hundred = Array.from({ length: 100 }, (_, index) => `sentence ${index} ${"x".repeat(index)} é🎸`);

describe("files", () => {
  test("text, .gz, JSONL, CSV, TSV and Parquet together", async () => {
    const { train } = await sentences({
      sentences: [
        await file("a.txt", "one\ntwo\n"),
        await file("b.txt.gz", gzipSync("three\n")),
        { ...(await file("c.jsonl", '{"title":"four"}\n')), field: "title" },
        await file("d.csv", 'id,text\n1,"five, or\nso"\n'),
        { ...(await file("e.dat", "six\tx\n7\tseven\n")), format: "tsv", field: "x" },
        { path: fileURLToPath(new URL("../../fixtures/tables/zstd.parquet", import.meta.url)) },
      ],
      validation: 0,
    });
    expect(train.sort()).toEqual(
      ["one", "two", "three", "four", "five, or\nso", "seven", "He plays guitar.", "Ünïcödé 雪 🎸"].sort(),
    );
  });

  test("AllNLI.tsv.gz: both sentences of the pairs to train on, quotation marks as they are", async () => {
    const rows = [
      "split\tdataset\tfilename\tsentence1\tsentence2\tlabel",
      'train\tSNLI\tsnli_1.0_train.txt\tA "quoted start\tTwo.\tneutral',
      "dev\tMNLI\tdev.txt\tThree.\tFour.\tneutral",
      "train\tMNLI\ttrain.txt\tTwo.\tFive.\tentailment",
    ];
    const { train, counts } = await sentences({
      sentences: [await file("AllNLI.tsv.gz", gzipSync(`${rows.join("\n")}\n`))],
      validation: 0,
    });
    expect(train.sort()).toEqual(['A "quoted start', "Five.", "Two."]);
    expect(counts).toMatchObject({ read: 4, duplicates: 1 });
    const cut = await file("cut.tsv", `${rows.slice(0, 3).join("\n")}\ntrain\tSNLI\n`);
    await expect(sentences({ sentences: [cut], validation: 0 })).rejects.toThrow(/line 4: expected 6 cells .* got 2/);
  });

  test("another TSV file is one, with a column of its own", async () => {
    const pairs = await file("pairs.tsv", "label\tpremise\nneutral\tOne.\n");
    expect((await sentences({ sentences: [{ ...pairs, field: "premise" }], validation: 0 })).train).toEqual(["One."]);
    await expect(sentences({ sentences: [pairs], validation: 0 })).rejects.toThrow(/has no column "text", only label/);
  });
});

test("empty, long and repeated sentences are left out and counted; characters are Unicode's", async () => {
  const { train, counts } = await sentences({
    sentences: [
      await file("a.txt", `a\n\n  \n a \nb\n${"🎸".repeat(5)}\n${"é".repeat(6)}\n`),
      await file("b.txt", "b\n"),
    ],
    validation: 0,
    maxCharacters: 5,
  });
  expect(train.sort()).toEqual(["a", "b", "🎸🎸🎸🎸🎸"]);
  expect(counts).toEqual({ read: 8, empty: 2, tooLong: 1, duplicates: 2, augmented: 0, train: 3, validation: 0 });
});

describe("order and what is held out", () => {
  test("equal for equal files, options and seed; another for another seed", async () => {
    const options = { sentences: [await file("hundred.txt", hundred.join("\n"))], validation: 10 };
    const first = await sentences(options);
    expect(await sentences(options)).toEqual(first);
    const other = await sentences({ ...options, seed: 2 });
    expect(other.fingerprint).not.toBe(first.fingerprint);
    for (const { train, validation } of [first, other]) {
      expect(train).toHaveLength(90);
      expect(train).not.toEqual([...train].sort());
      expect([...train, ...validation].sort()).toEqual([...hundred].sort());
    }
  });

  test("a limit takes the first of the same order", async () => {
    const options = { sentences: [await file("hundred.txt", hundred.join("\n"))], validation: 10 };
    const all = await sentences(options);
    const some = await sentences({ ...options, limit: 30 });
    expect(some.train).toEqual(all.train.slice(0, 30));
    expect(some.validation).toEqual(all.validation);
  });

  test("a sentence of the validation file is never trained on", async () => {
    const { train, validation, counts } = await sentences({
      sentences: [await file("all.txt", hundred.join("\n"))],
      validation: [await file("valid.txt", `${hundred[7]}\nelsewhere\n`)],
    });
    expect(validation).toEqual([hundred[7], "elsewhere"]);
    expect(train).not.toContain(hundred[7]);
    expect(counts).toMatchObject({ train: 99, validation: 2, duplicates: 1 });
  });
});

test("any rows can be read, in any order and more than once", async () => {
  const corpus = await openCorpus(
    { sentences: [await file("hundred.txt", hundred.join("\n"))], validation: 0, seed: 1 },
    work,
    signal,
    () => {},
  );
  const rows = fc.array(fc.nat(99), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(rows, async (rows) => {
      expect(await corpus.read(rows)).toEqual(rows.map((row) => hundred[row]));
    }),
    { numRuns: 50 },
  );
  await corpus.close();
});

test("nothing is left in the folder, not even while it is used", async () => {
  const options = { sentences: [await file("hundred.txt", hundred.join("\n"))], validation: 0, seed: 1 };
  const corpus = await openCorpus(options, work, signal, () => {});
  expect(await readdir(work)).toEqual([]);
  await corpus.close();
});

describe("refused", () => {
  const refusal = async (name: string, content: string | Uint8Array, options: Partial<CorpusOptions> = {}) =>
    sentences({ sentences: [await file(name, content)], validation: 1, ...options });

  test.each([
    ["an empty file", "", /empty.txt holds no sentences/],
    ["blank lines", "\n \n", /holds no sentences/],
    ["a binary file", "\u0000\u0001", /NUL/],
    ["only long sentences", "abcdef\n", /1 longer than 5 characters.* too few are left/],
    ["one sentence, which is held out", "abc\nabc\n", /1 duplicates: too few are left to hold out 1/],
  ])("%s", async (_, content, message) => {
    await expect(refusal("empty.txt", content, { maxCharacters: 5 })).rejects.toThrow(message);
  });

  test("options out of range", async () => {
    await expect(refusal("a.txt", "a\nb\n", { sentences: [] })).rejects.toThrow(/should be a file of sentences/);
    await expect(refusal("a.txt", "a\nb\n", { validation: [] })).rejects.toThrow(/got no files/);
    await expect(refusal("a.txt", "a\nb\n", { validation: -1 })).rejects.toThrow(
      /validation should be an integer of at least 0/,
    );
    await expect(refusal("a.txt", "a\nb\n", { limit: 0 })).rejects.toThrow(
      /limit should be an integer of at least 1, got 0/,
    );
    await expect(refusal("a.txt", "a\nb\n", { maxCharacters: 1.5 })).rejects.toThrow(/maxCharacters/);
    await expect(refusal("a.txt", "a\nb\n", { seed: -1 })).rejects.toThrow(/seed/);
  });

  test("a folder that can't be made", async () => {
    const { path } = await file("file", "");
    const options = { sentences: [await file("a.txt", "a\nb\n")], validation: 1, seed: 1 };
    await expect(openCorpus(options, join(path, "work"), signal, () => {})).rejects.toMatchObject({
      code: "invalid_argument",
    });
  });
});

test("reading can be stopped", async () => {
  const many = await file("many.txt", Array.from({ length: 20_000 }, (_, index) => `line ${index}`).join("\n"));
  const stop = new AbortController();
  const progress: number[] = [];
  const opened = openCorpus({ sentences: [many], validation: 1, seed: 1 }, work, stop.signal, (_, done) => {
    progress.push(done);
    stop.abort(new Error("enough"));
  });
  await expect(opened).rejects.toThrow("enough");
  expect(progress).toEqual([1024]);
});
