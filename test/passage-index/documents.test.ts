/** Documents of programs in an index: added, replaced, deleted, beside files, while others read and write. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdtemp, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test, vi } from "vitest";
import { SentenceTransformer } from "../../src/index.ts";
import { buildIndex, chunkText, type PassageDocument, PassageIndex } from "../../src/passage-index/index.ts";
import { LanceStore } from "../../src/passage-index/lance/lance-store.ts";
import { otherModel, tinyModel, writeFiles } from "./notes.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-documents-"));
const model = await SentenceTransformer.load(tinyModel, { workers: 0, onWarning: () => {} });
afterAll(async () => {
  await model.dispose();
  await rm(scratch, { recursive: true });
});

let folders = 0;
const newPlace = () => join(scratch, `index-${folders++}`);
const create = (options = {}) => PassageIndex.create(newPlace(), { model, ...options });

const fruit: PassageDocument[] = [
  { id: "apple", text: "Apples are red.", metadata: { year: 2020, tags: ["tree"] } },
  { id: "pear", text: "Pears are green.", metadata: { year: 2021 } },
  { id: "plum", text: "Plums are blue.\n\nThey grow on trees." },
];

const textsFound = async (index: PassageIndex, query: string, options = {}) =>
  (await index.search(query, options)).map(({ text }) => text);

describe("documents", () => {
  test("are added, found, replaced and deleted", async () => {
    await using index = await create();
    expect(await index.add(fruit)).toEqual({ added: 3, replaced: 0, unchanged: 0, passages: 3 });
    expect(await index.documents()).toEqual(["apple", "pear", "plum"]);
    expect(await index.files()).toEqual([]);
    const [hit] = await index.search("apples", { mode: "text" });
    expect(hit).toMatchObject({
      ...{ document: "apple", file: "document://apple", path: "document://apple", text: "Apples are red." },
      ...{ firstLine: 1, lastLine: 1, metadata: { year: 2020, tags: ["tree"] }, copies: [] },
    });
    expect(await textsFound(index, "fruit", { filter: { year: { gte: 2021 } } })).toEqual(["Pears are green."]);

    const changed = { id: "pear", text: "Pears are yellow.", metadata: { year: 2022 } };
    const report = await index.upsert([fruit[0]!, changed, { id: "fig", text: "Figs." }]);
    expect(report).toEqual({ added: 1, replaced: 1, unchanged: 1, passages: 2 });
    expect(await textsFound(index, "pears", { mode: "text" })).toEqual(["Pears are yellow."]);
    expect(await index.upsert([changed])).toEqual({ added: 0, replaced: 0, unchanged: 1, passages: 0 });
    // The same text, described in another way.
    expect(await index.upsert([{ ...changed, metadata: {} }])).toMatchObject({ replaced: 1 });

    expect(await index.delete(["apple", "nobody", "fig", "apple"])).toBe(2);
    expect(await index.documents()).toEqual(["pear", "plum"]);
    expect(await index.count()).toBe(2);
    expect(await index.delete([])).toBe(0);
  });

  test("are changed in the order of the calls, though nobody waits for them", async () => {
    await using index = await create();
    const put = (id: string, text: string) => index.upsert([{ id, text, metadata: { kind: "x" } }]);
    await put("a", "first");
    const again = [put("a", "second"), put("a", "first")];
    expect((await Promise.all(again)).map(({ replaced }) => replaced)).toEqual([1, 1]);
    expect(await textsFound(index, "first", { mode: "text" })).toEqual(["first"]);
    // The first of each two takes longer to embed.
    const deletions = [put("b", "long ".repeat(2000)), index.delete(["b"]), put("c", "long ".repeat(2000))];
    await Promise.all([...deletions, index.delete({ filter: { kind: "x" } }), put("d", "last")]);
    expect(await index.documents()).toEqual(["d"]);
    const failed = [index.add([{ id: "d", text: "there" }]), put("d", "after")];
    expect((await Promise.allSettled(failed)).map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
    expect(await index.documents()).toEqual(["d"]);
  });

  test("are deleted by a filter: whole, all at once, and no files", async () => {
    const place = newPlace();
    const notes = join(scratch, "filtered-notes");
    await writeFiles(notes, { "row.jsonl": '{"text": "Cherries are red.", "year": 2020}\n' });
    await buildIndex([notes], { out: place, model: tinyModel, load: { workers: 0 } });
    await using index = await PassageIndex.open(place, { workers: 0 });
    const markdown = "# Fruit\n\nApples are red.\n\n## Green\n\nPears are green.\n";
    await index.add([...fruit, { id: "notes", text: markdown, format: "markdown" }]);
    expect(await index.delete({ filter: { year: { gte: 2021 } } })).toBe(1);
    expect(await index.documents()).toEqual(["apple", "notes", "plum"]);
    // A passage that matches is enough; a file comes and goes with builds.
    expect(await index.delete({ filter: { heading: "Fruit > Green" } })).toBe(1);
    expect(await index.delete({ filter: { year: 2020 } })).toBe(1);
    expect(await index.delete({ filter: { year: 2020 } })).toBe(0);
    expect(await index.documents()).toEqual(["plum"]);
    expect((await index.files()).length).toBe(1);
    expect(await index.count()).toBe(2);
    for (const [wrong, message] of [
      [{}, /filter should be an object/],
      [{ filter: {} }, /should have a condition/],
      [{ filter: { yaer: 1 } }, /no passage has a field "yaer"/],
      [{ filter: { year: { above: 1 } } }, /one of in, gt/],
      [{ ids: ["plum"] }, /no option "ids"/],
    ] as const) {
      await expect(index.delete(wrong as never)).rejects.toThrow(message);
    }
    expect(await index.documents()).toEqual(["plum"]);
  });

  test("that are long have several passages, and shrink and grow as wholes", async () => {
    await using index = await create({ chunkTokens: 20, overlapTokens: 0 });
    const sentences = (count: number) =>
      Array.from({ length: count }, (_, at) => `Sentence ${at} on the cat and the rain.`).join(" ");
    await index.add([{ id: "long", text: sentences(2000) }]);
    const most = await index.count();
    expect(most).toBeGreaterThan(500);
    await index.upsert([{ id: "long", text: sentences(3) }]);
    expect(await index.count()).toBeLessThan(10);
    await index.upsert([{ id: "long", text: sentences(2000) }]);
    expect(await index.count()).toBe(most);
    // Or one, of which the model reads the beginning.
    expect(await index.upsert([{ id: "long", text: sentences(2000) }], { chunk: false })).toMatchObject({
      passages: 1,
    });
    expect(await index.count()).toBe(1);
  });

  test("in Markdown have headings, and metadata of their own", async () => {
    await using index = await create();
    const text = "---\nauthor: Jane\n---\n# Fruit\n\nApples are red.\n\n## Green\n\nPears are green.\n";
    await index.add([{ id: "a", text, format: "markdown", metadata: { tenant: 7 } }]);
    const hits = await index.search("pears", { mode: "text", filter: { tenant: 7, author: "Jane" } });
    expect(hits).toMatchObject([{ metadata: { tenant: 7, author: "Jane", heading: "Fruit > Green" }, firstLine: 8 }]);
  });

  test("that are wrong are refused, and nothing of the call is there", async () => {
    await using index = await create();
    await index.add([fruit[0]!]);
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    const nested = JSON.parse(`${'{"a":'.repeat(3000)}1${"}".repeat(3000)}`);
    const good = { id: "good", text: "Good." };
    for (const [bad, message] of [
      [{ id: "apple", text: "Again." }, /has a document "apple" already/],
      [good, /documents\[1\]\.id should be unique, got "good"/],
      [{ id: "", text: "a" }, /documents\[1\]\.id/],
      [{ id: "x\ud800", text: "a" }, /documents\[1\]\.id/],
      [{ id: "樹".repeat(334), text: "a" }, /documents\[1\]\.id should be a text of 1 to 1000 bytes in UTF-8/],
      [{ id: "x", text: " \n" }, /documents\[1\]\.text should be a text that is not blank/],
      [{ id: "x", text: 3 }, /text should be a string/],
      [undefined, /documents\[1\] should be an object|documents\[1\]: the options should be an object/],
      [{ id: "x", text: "a", metadata: [1] }, /metadata should be a JSON object/],
      [{ id: "x", text: "a", metadata: new Date(0) }, /metadata should be a JSON object/],
      [{ id: "x", text: "a", metadata: new Map([["year", 1]]) }, /metadata should be a JSON object/],
      [{ id: "x", text: "a", metadata: cyclic }, /metadata is no JSON/],
      [{ id: "x", text: "a", metadata: nested }, /metadata should be a JSON object, nested at most 128 deep/],
      [{ id: "x", text: "a", format: "html" }, /format should be text or markdown/],
      [{ id: "x", text: "a", embedding: [1, 2] }, /embedding should have 8 numbers, got 2/],
      [
        { id: "x", text: "a", embedding: [0, 1, 2, Number.NaN, 4, 5, 6, 7] },
        /embedding\[3\] should be a finite number, got NaN/,
      ],
      [{ id: "x", text: "a", embedding: new Array(8).fill("1") }, /embedding\[0\] should be a finite number, got "1"/],
      [
        { id: "x", text: "a", embedding: new Array(8).fill(null) },
        /embedding\[0\] should be a finite number, got null/,
      ],
      [{ id: "x", text: "a", title: "b" }, /no option "title"/],
    ] as const) {
      await expect(index.add([good, bad as PassageDocument])).rejects.toThrow(message);
    }
    // biome-ignore lint/suspicious/noSparseArray: a hole is what is tested
    await expect(index.add([, good] as never)).rejects.toThrow(/documents\[0\]/);
    await expect(index.add([good], { chunks: false } as object)).rejects.toThrow(/no option "chunks"/);
    await expect(index.add("text" as never)).rejects.toThrow(/documents should be an array/);
    await expect(index.delete("apple" as never)).rejects.toThrow(/ids should be an array/);
    await expect(index.add([good], { signal: AbortSignal.abort(new Error("enough")) })).rejects.toThrow("enough");
    expect(await index.documents()).toEqual(["apple"]);
  });

  test("come with their embeddings, and are found by a vector", async () => {
    await using index = await create();
    const at = (angle: number) => [Math.cos(angle), Math.sin(angle), 0, 0, 0, 0, 0, 0];
    const documents = [0, 1, 2].map((angle) => ({ id: `${angle}`, text: `At ${angle}.`, embedding: at(angle) }));
    await index.add(documents.map((each) => ({ ...each, embedding: each.embedding.map((value) => 3 * value) })));
    const hits = await index.searchVector(new Float32Array(at(0.9).map((value) => 5 * value)), { topK: 2 });
    expect(hits.map(({ document }) => document)).toEqual(["1", "0"]);
    expect(hits[0]!.score).toBeCloseTo(Math.cos(0.1), 5);
    const stored = await index.embeddings(hits.map(({ id }) => id));
    expect(stored.get(hits[0]!.id)![0]).toBeCloseTo(Math.cos(1), 5);
    // Hybrid, with the query's embedding from elsewhere.
    const [both] = await index.search("At 2.", { vector: at(2) });
    expect(both).toMatchObject({ document: "2" });
    await expect(index.searchVector([1, 2])).rejects.toThrow(/8 dimensions/);
    await expect(index.searchVector(["a"] as never)).rejects.toThrow(/array of finite numbers/);
    await expect(index.search("a", { vector: at(0), mode: "text" })).rejects.toThrow(/vector is only for/);
  });

  test("stay where files of the same index are built, and files stay where documents go", async () => {
    const notes = join(scratch, "notes");
    const out = newPlace();
    await writeFiles(notes, { "a.md": "# Fruit\n\nMelons are round.\n" });
    await buildIndex([notes], { out, model: tinyModel, load: { workers: 0 } });
    {
      await using index = await PassageIndex.open(out, { model });
      await index.add(fruit);
      expect(await index.count()).toBe(4);
    }
    await writeFiles(notes, { "a.md": "# Fruit\n\nMelons are sweet.\n" });
    expect(await buildIndex([notes], { out, load: { workers: 0 } })).toMatchObject({
      passages: 4,
      embedded: 1,
      removed: [],
    });
    await using index = await PassageIndex.open(out, { model });
    expect(await index.files()).toEqual(["notes/a.md"]);
    expect(await index.delete(await index.documents())).toBe(3);
    expect(await textsFound(index, "melons")).toEqual(["# Fruit\n\nMelons are sweet."]);
  });
});

describe("an index", () => {
  test("is created once, and knows its model by whatever name it is given", async () => {
    const place = newPlace();
    await (await PassageIndex.create(place, { model: tinyModel, workers: 0, precision: "int8" })).dispose();
    await expect(PassageIndex.create(place, { model })).rejects.toThrow(/there is an index already/);
    await using index = await PassageIndex.open(place, { model });
    expect(index.description).toMatchObject({ model: { name: tinyModel }, precision: "int8" });
    expect(await index.model()).toBe(model);
    await index.add(fruit);
    await using other = await SentenceTransformer.load(otherModel, { workers: 0, onWarning: () => {} });
    await using truncated = await SentenceTransformer.load(tinyModel, { workers: 0, truncateDim: 4 });
    for (const wrong of [other, truncated]) {
      await using refused = await PassageIndex.open(place, { model: wrong });
      await expect(refused.search("apples")).rejects.toThrow(/can't be compared/);
      await expect(refused.upsert([{ id: "x", text: "X." }])).rejects.toThrow(/can't be compared/);
    }
    // A model that was lent is the caller's.
    await index.dispose();
    expect((await model.encode("a")).length).toBe(8);
  });

  test("whose model's folder is gone says so, and takes the place where it is now", async () => {
    const [there, moved] = [join(scratch, "there"), join(scratch, "moved")];
    await cp(tinyModel, there, { recursive: true });
    const place = newPlace();
    await using made = await PassageIndex.create(place, { model: there, workers: 0, onWarning: () => {} });
    await made.add(fruit);
    await rename(there, moved);
    await using lost = await PassageIndex.open(place, { workers: 0 });
    await expect(lost.search("apples")).rejects.toMatchObject({
      code: "not_found",
      message: `${place}: its model ${there} is not there any more: name the place where it is now (model)`,
    });
    await using found = await PassageIndex.open(place, { model: moved, workers: 0, onWarning: () => {} });
    expect(await textsFound(found, "apples", { topK: 1 })).toHaveLength(1);
  });

  test("that was made again with another model is not searched by the vectors of the one before", async () => {
    const place = newPlace();
    await using index = await PassageIndex.create(place, { model });
    await index.add(fruit);
    await using reader = await PassageIndex.open(place, { model });
    expect(await textsFound(reader, "fruit")).toHaveLength(3);
    await index.dispose();
    await rm(place, { recursive: true });
    const gone = {
      code: "not_found",
      message: expect.stringContaining("was deleted since it was opened, none is there"),
    };
    await expect(reader.search("fruit")).rejects.toMatchObject(gone);
    await using other = await PassageIndex.create(place, { model: otherModel });
    await other.add(fruit);
    for (const mode of ["vector", "text", "hybrid"] as const) {
      await expect(reader.search("fruit", { mode })).rejects.toMatchObject({
        code: "not_found",
        message: expect.stringMatching(
          /was deleted since it was opened, one of .* in float32 is there now: open it again$/,
        ),
      });
    }
    const written = { code: "not_found", message: expect.stringContaining("one of") };
    await expect(reader.upsert(fruit)).rejects.toMatchObject(written);
    await expect(reader.delete(["pear"])).rejects.toMatchObject(written);
    expect(await other.documents()).toHaveLength(3);
    // The same model, another index: its passages are found.
    await other.dispose();
    await rm(place, { recursive: true });
    await using again = await PassageIndex.create(place, { model });
    await again.add(fruit.slice(0, 2));
    expect(await textsFound(reader, "fruit")).toHaveLength(2);
    // The same model, in another precision: its vectors would be read as what they are not.
    await again.dispose();
    await rm(place, { recursive: true });
    await using smaller = await PassageIndex.create(place, { model, precision: "int8" });
    await smaller.add(fruit);
    const read = [() => reader.search("fruit"), () => reader.embeddings(["document://pear#0.0"])];
    for (const reading of read) await expect(reading()).rejects.toThrow(/was deleted .* in int8 is there now/);
  });

  test("in whose place another one is put is read as the other, also after as many changes", async () => {
    const make = async (place: string, word: string) => {
      await using index = await PassageIndex.create(place, { model });
      await index.add([1, 2].map((at) => ({ id: `${word} ${at}`, text: `${word} number ${at}` })));
      await index.optimize();
    };
    const [place, next] = [newPlace(), newPlace()];
    await make(place, "apple");
    await using reader = await PassageIndex.open(place, { model });
    const found = async () => {
      const modes = ["vector", "text", "hybrid"] as const;
      const texts = modes.map((mode) => textsFound(reader, "apple pear plum number", { mode }));
      return (await Promise.all(texts)).map((each) => each.toSorted());
    };
    expect(await found()).toEqual(Array(3).fill(["apple number 1", "apple number 2"]));
    await make(next, "pear");
    await rename(place, newPlace());
    await rename(next, place);
    expect(await found()).toEqual(Array(3).fill(["pear number 1", "pear number 2"]));
    await rm(place, { recursive: true });
    await make(place, "plum");
    expect(await found()).toEqual(Array(3).fill(["plum number 1", "plum number 2"]));
  });

  test("has what was written, also where putting it in order fails afterwards", async () => {
    await using index = await create();
    vi.spyOn(LanceStore.prototype, "isOptimizable").mockResolvedValueOnce(true);
    vi.spyOn(LanceStore.prototype, "optimize").mockRejectedValueOnce(new Error("no time left"));
    expect(await index.add(fruit)).toMatchObject({ added: 3 });
    expect(LanceStore.prototype.optimize).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
    expect(await index.documents()).toHaveLength(3);
  });

  test("refuses a filter on a field that no passage has, unless it has no passages", async () => {
    await using index = await create();
    expect(await index.search("a", { filter: { year: 1 } })).toEqual([]);
    await index.add(fruit);
    await expect(index.search("a", { filter: { yeer: 1 } })).rejects.toThrow(
      /no passage has a field "yeer" \(did you mean year\?\); there are tags \(string\), year \(number\)$/,
    );
    await index.add([{ id: "new", text: "New.", metadata: { yeer: 1 } }]);
    expect(await textsFound(index, "a", { filter: { yeer: 1 } })).toEqual(["New."]);
  });

  test("ranks words after additions and deletions as one that is made anew", async () => {
    await using changed = await create();
    const common = Array.from({ length: 30 }, (_, at) => ({ id: `c${at}`, text: `A common word, number ${at}.` }));
    const gone = Array.from({ length: 30 }, (_, at) => ({ id: `p${at}`, text: `Pears ${at}.` }));
    await changed.add([...common, ...gone]);
    await changed.add([{ id: "rare", text: "Pears and apples." }]);
    await changed.delete(gone.map(({ id }) => id));
    await using fresh = await create();
    await fresh.add(common);
    await fresh.add([{ id: "rare", text: "Pears and apples." }]);
    const scoresOf = async (index: PassageIndex, query: string) => {
      const hits = await index.search(query, { mode: "text", topK: 40 });
      return hits.map(({ document, score }) => `${score.toFixed(4)} ${document}`).sort();
    };
    for (const query of ["pears apples", "common apples", "word"]) {
      expect(await scoresOf(changed, query)).toEqual(await scoresOf(fresh, query));
    }
  });

  test("is put in order by itself after many small updates", async () => {
    await using index = await create();
    for (let at = 0; at < 40; at++) await index.add([{ id: `${at}`, text: `Number ${at}.` }]);
    await index.optimize();
    expect(await index.count()).toBe(40);
    expect(await textsFound(index, "17", { mode: "text" })).toEqual(["Number 17."]);
  });
});

describe("several at once", () => {
  test("writers take turns, in one process and through several opened indexes", async () => {
    const place = newPlace();
    await using first = await PassageIndex.create(place, { model });
    await using second = await PassageIndex.open(place, { model });
    const add = (index: PassageIndex, id: string) => index.add([{ id, text: `Text ${id}.` }]);
    await Promise.all([add(first, "a"), add(first, "b"), add(second, "c"), add(second, "d")]);
    expect(await second.documents()).toEqual(["a", "b", "c", "d"]);
    const results = await Promise.allSettled([add(first, "same"), add(second, "same")]);
    expect(results.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });

  test("a reader sees whole updates", async () => {
    const place = newPlace();
    await using writer = await PassageIndex.create(place, { model });
    await using reader = await PassageIndex.open(place, { model });
    const generation = (number: number) =>
      ["a", "b", "c"].map((id) => ({ id, text: `The ${id} of number${number}.`, metadata: { number } }));
    await writer.add(generation(0));
    let isDone = false;
    const writing = (async () => {
      for (let number = 1; number <= 8; number++) await writer.upsert(generation(number));
      isDone = true;
    })();
    const seen = new Set<string>();
    while (!isDone) {
      const hits = await reader.search("the a b c of", { topK: 10 });
      seen.add(
        hits
          .map(({ metadata, document }) => `${document}${metadata.number}`)
          .sort()
          .join(" "),
      );
    }
    await writing;
    for (const all of seen) expect(all).toMatch(/^a(\d) b\1 c\1$/);
  });

  test("killed at any moment, an update is there as a whole or not at all", { timeout: 120_000 }, async () => {
    const place = newPlace();
    await (await PassageIndex.create(place, { model })).dispose();
    const script = `
      import { PassageIndex } from ${JSON.stringify(import.meta.resolve("../../src/passage-index/index.ts"))};
      const index = await PassageIndex.open(${JSON.stringify(place)}, { workers: 0 });
      for (let number = 1; ; number++) {
        await index.upsert(["a", "b", "c"].map((id) => ({ id, text: id + " number" + number, metadata: { number } })));
        process.stdout.write(number + "\\n");
      }`;
    for (const delay of [0, 40, 90]) {
      const child = spawn(process.execPath, ["--conditions", "hpd-source", "--input-type=module", "-e", script]);
      let told = 0;
      child.stdout.on("data", (data) => {
        told = Number(String(data).trim().split("\n").at(-1));
      });
      await Promise.race([once(child.stdout, "data"), once(child, "close")]);
      await new Promise((resolve) => setTimeout(resolve, delay));
      child.kill("SIGKILL");
      await once(child, "close");
      await using index = await PassageIndex.open(place, { model });
      const hits = await index.search("a b c", { topK: 10 });
      const numbers = new Set(hits.map(({ metadata }) => Number(metadata.number)));
      expect([hits.length, numbers.size]).toEqual([3, 1]);
      expect([...numbers][0]).toBeGreaterThanOrEqual(told);
      // Who comes next isn't held up by the lock that is left.
      await index.upsert([{ id: "a", text: "again" }]);
      await index.delete(["a", "b", "c"]);
    }
  });
});

test("a text is divided as an index divides it", async () => {
  const text = "# Fruit\n\nApples are red. Pears are green.\n\n## Blue\n\nPlums are blue.\n";
  const chunks = await chunkText(text, { model, format: "markdown" });
  expect(chunks).toEqual([
    {
      ...{ text: "# Fruit\n\nApples are red. Pears are green.", firstLine: 1, lastLine: 3 },
      ...{ metadata: { heading: "Fruit" }, embedText: "# Fruit\n\nApples are red. Pears are green." },
    },
    expect.objectContaining({ firstLine: 5, metadata: { heading: "Fruit > Blue" } }),
  ]);
  const short = await chunkText("One is here. Two is here.\n\nHere it is.", {
    model,
    chunkTokens: 8,
    overlapTokens: 0,
  });
  expect(short.map(({ text }) => text)).toEqual(["One is here.", "Two is here.", "Here it is."]);
  expect(await chunkText(" \n", { model })).toEqual([]);
  await expect(chunkText("a", { model: tinyModel as never })).rejects.toThrow(/loaded SentenceTransformer/);
  await expect(chunkText("a", { model, format: "html" as never })).rejects.toThrow(/format/);
});
