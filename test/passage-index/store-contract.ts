/** What `src/passage-index/store.ts` promises, as tests that every store has to pass. */
import { describe, expect, test } from "vitest";
import { formatVersion, type IndexDescription } from "../../src/passage-index/description.ts";
import type { EmbeddedPassage, IndexLocation, IndexStore, Metadata, NewPart } from "../../src/passage-index/store.ts";
import { semanticSearch } from "../../src/search/semantic-search.ts";
import { Embeddings } from "../../src/tensor/embeddings.ts";
import { describeFilters } from "./filter-contract.ts";
import { description, partOf, passage, randomEmbeddings, whole } from "./store-data.ts";

/**
 * @param newLocation a place where there is nothing yet
 * @param has what this store can be tested for: where one process has the store to itself, there is no other writer;
 *   some have `int8` only of embeddings that are scaled to length 1, and some search the tables of another store that is tested
 */
export function describeStore(
  name: string,
  newLocation: () => Promise<IndexLocation>,
  has = { otherProcesses: true, int8OfAnyLength: true, ownSearch: true },
) {
  const create = async (changes: Partial<IndexDescription> = {}) =>
    (await newLocation()).create({ ...description, ...changes });

  describe(`${name}: opening`, () => {
    test("where there is nothing, nothing is opened", async () => {
      const location = await newLocation();
      expect(await location.open("read")).toBeUndefined();
      expect(await location.open("write")).toBeUndefined();
      // And nothing was made by that.
      await (await location.create(description)).dispose();
    });

    test("what was created can be opened, and says of itself what was said", async () => {
      const location = await newLocation();
      const model = { name: 'it\'s \u{1f600} \0 "a"', fingerprint: "f", options: { dtype: "int8" as const } };
      const said: IndexDescription = { ...description, model, similarity: "dot", isNormalized: false };
      const created = await location.create(said);
      expect(created.description).toEqual(said);
      await created.dispose();
      for (const access of ["read", "write"] as const) {
        await using store = await location.open(access);
        expect(store?.description).toEqual(said);
      }
    });

    test("settings that are kept are there when it is opened again, and all else is as it was", async () => {
      const location = await newLocation();
      const settings = { lines: true, field: 'b\0"ody', chunkTokens: 20, overlapTokens: 0 };
      {
        await using store = await location.create(description);
        await store.update({ parts: [partOf("a", 0, ["one"])], removed: [] });
        await store.keepSettings(settings);
      }
      await using store = (await location.open("read"))!;
      expect(store.description).toEqual({ ...description, settings });
      expect(await store.count()).toBe(1);
      await expect(store.keepSettings(settings)).rejects.toMatchObject({ code: "invalid_argument" });
    });

    test("fields that filters can ask are known, with the types of their values, and no others", async () => {
      await using store = await create();
      expect(await store.fields()).toEqual([]);
      const part = partOf("a", 0, ["one", "two", "three"]);
      const all = [
        { year: 2020, "Title_of it": "x", tags: ["art", 3], nothing: null, deep: { inner: 1 } },
        { year: "2021", draft: true, lists: [[1]], empty: [] },
        { "": 1, __proto: false, "numbers_\u{1f600}": [1.5] },
      ];
      const passages = part.passages.map((each, at) => ({ ...each, metadata: all[at]! }));
      await store.update({ parts: [{ ...part, passages }], removed: [] });
      expect(await store.fields()).toEqual([
        { name: "", types: ["number"] },
        { name: "Title_of it", types: ["string"] },
        { name: "__proto", types: ["boolean"] },
        { name: "draft", types: ["boolean"] },
        { name: "numbers_\u{1f600}", types: ["number"] },
        { name: "tags", types: ["number", "string"] },
        { name: "year", types: ["number", "string"] },
      ]);
      // More of them than have a column.
      const many = Object.fromEntries(Array.from({ length: 100 }, (_, at) => [`field${at}`, at]));
      const next = partOf("b", 0, ["four"]);
      const described = next.passages.map((each) => ({ ...each, metadata: { ...many, last: ["x"] } }));
      await store.update({ parts: [{ ...next, passages: described }], removed: [] });
      const fields = await store.fields();
      expect(fields.length).toBe(7 + 101);
      expect(fields).toContainEqual({ name: "last", types: ["string"] });
    });

    test("a field that some passages have is none of the others', alone or together, new or replaced", async () => {
      await using store = await create();
      const described = (file: string, all: readonly Metadata[]): NewPart => {
        const part = partOf(
          file,
          0,
          all.map((_, at) => `text ${at}`),
        );
        return { ...part, passages: part.passages.map((each, at) => ({ ...each, metadata: all[at]! })) };
      };
      const updates: [string, Metadata[]][] = [
        ["a", [{ draft: true, flags: [true] }, { draft: false }]],
        ["b", [{}]],
        ["c", [{}, {}]],
        ["b", [{ year: 1 }]],
        ["d", [{ flags: [] }]],
        ["e", [{ flags: [false] }]],
        ["f", [{ draft: true }]],
      ];
      for (const [file, all] of updates) await store.update({ parts: [described(file, all)], removed: [] });
      const filesWith = async (field: string, value: boolean) => {
        const conditions = [{ field, operator: "in" as const, values: [value] }];
        const hits = await store.searchVector(new Float32Array(8).fill(0.3), { topK: 20, conditions });
        return hits.map(({ passage }) => passage.file).sort();
      };
      expect(await filesWith("draft", true)).toEqual(["a", "f"]);
      expect(await filesWith("draft", false)).toEqual(["a"]);
      expect(await filesWith("flags", true)).toEqual(["a"]);
      expect(await filesWith("flags", false)).toEqual(["e"]);
      expect(await store.count()).toBe(8);
    });

    test("an empty index finds nothing", async () => {
      await using store = await create();
      await store.optimize();
      expect(await store.parts()).toEqual([]);
      expect(await store.count()).toBe(0);
      expect(await store.searchVector(new Float32Array(8).fill(1), { topK: 3, conditions: [] })).toEqual([]);
      expect(await store.searchText("word", { topK: 3, conditions: [] })).toEqual([]);
    });

    test("an index is not created over another", async () => {
      const location = await newLocation();
      const first = await location.create(description);
      await first.update({ parts: [partOf("a", 0, ["text"])], removed: [] });
      await first.dispose();
      await expect(location.create({ ...description, dimension: 3 })).rejects.toMatchObject({
        code: "invalid_argument",
      });
      await using store = await location.open("read");
      expect(store?.description).toEqual(description);
      expect(await store?.count()).toBe(1);
    });

    test("a newer format is refused", async () => {
      const location = await newLocation();
      await (await location.create({ ...description, formatVersion: formatVersion + 1 })).dispose();
      for (const access of ["read", "write"] as const) {
        await expect(location.open(access)).rejects.toMatchObject({
          code: "unsupported",
          message: expect.stringContaining("update hpd"),
        });
      }
    });

    test("what is being read when it is disposed is answered", async () => {
      const location = await newLocation();
      await using created = await location.create(description);
      await created.update({ parts: [partOf("a", 0, ["one", "two"])], removed: [] });
      const store = (await location.open("read"))!;
      const options = { topK: 5, conditions: [] };
      const reads = [
        store.searchVector(new Float32Array(8).fill(0.1), options),
        store.searchText("one", options),
        store.parts(),
        store.count(),
        store.version(),
        store.scan(async () => {}),
      ];
      await Promise.all([...reads, store.dispose()]);
      expect(await reads[3]).toBe(2);
    });

    test("what was opened to read doesn't write, what was disposed does nothing", async () => {
      const location = await newLocation();
      await (await location.create(description)).dispose();
      const store = (await location.open("read"))!;
      const nothing = { parts: [], removed: [] };
      await expect(store.update(nothing)).rejects.toMatchObject({ code: "invalid_argument" });
      await store.dispose();
      await store.dispose();
      const query = { topK: 1, conditions: [] };
      for (const use of [
        () => store.parts(),
        () => store.count(),
        () => store.searchVector(new Float32Array(8), query),
        () => store.searchText("a", query),
      ]) {
        await expect(use()).rejects.toMatchObject({ code: "disposed" });
      }
    });
  });

  describe(`${name}: updates`, () => {
    test("parts come, are replaced and go, with their passages and nothing else's", async () => {
      const location = await newLocation();
      await using store = await location.create(description);
      const first = [partOf("a.txt", 0, ["one", "two"]), partOf("a.txt", 1, ["three"]), partOf("b.txt", 0, ["four"])];
      await store.update({ parts: first, removed: [] });
      expect(await whole(store)).toEqual(wholeOf(first));
      const again = partOf("a.txt", 0, ["one, changed"]);
      const added = partOf("c.txt", 7, ["five", "six"]);
      const removed = [
        { file: "b.txt", part: 0 },
        { file: "nowhere.txt", part: 0 },
        { file: "a.txt", part: 2 },
      ];
      await store.update({ parts: [again, added], removed });
      const expected = wholeOf([again, first[1]!, added]);
      expect(await whole(store)).toEqual(expected);
      await store.optimize();
      expect(await whole(store)).toEqual(expected);
      await store.dispose();
      await using reopened = await location.open("read");
      expect(await whole(reopened!)).toEqual(expected);
    });

    test("parts of some files, embeddings of some passages, a version that changes with every update", async () => {
      await using store = await create();
      const parts = [partOf("it's a.txt", 0, ["one", "two"]), partOf("b", 0, ["three"]), partOf("b", 1, ["four"])];
      const versions = [await store.version()];
      for (const part of parts) {
        await store.update({ parts: [part], removed: [] });
        versions.push(await store.version());
      }
      expect(new Set(versions).size).toBe(4);
      expect(await store.version()).toBe(versions.at(-1));
      const keys = (await store.parts(["b", "nowhere", "it's a.txt"])).map(({ file, part }) => `${file} ${part}`);
      expect(keys.sort()).toEqual(["b 0", "b 1", "it's a.txt 0"]);
      expect(await store.parts(["b", "b"])).toHaveLength(2);
      expect(await store.parts([])).toEqual([]);
      const ids = [parts[0]!.passages[1]!.id, parts[2]!.passages[0]!.id];
      const stored = await store.embeddings([...ids, "nobody's"]);
      expect([...stored.keys()].sort()).toEqual(ids.toSorted());
      for (const [id, row] of [
        [ids[0]!, parts[0]!.embeddings.row(1)],
        [ids[1]!, parts[2]!.embeddings.row(0)],
      ] as const) {
        for (const [at, value] of row.entries()) expect(stored.get(id)![at]).toBeCloseTo(value, 6);
      }
      expect(await store.embeddings([])).toEqual(new Map());
      await store.update({ parts: [], removed: [parts[1]!] });
      expect(versions).not.toContain(await store.version());
      expect(await store.isOptimizable()).toEqual(expect.any(Boolean));
    });

    test.each([
      ["int8", 0.02],
      ["binary", 0.8],
    ] as const)("embeddings of precision %s are stored as near as that is", async (precision, most) => {
      await using store = await create({ precision });
      const part = partOf("a", 0, ["one", "two", "three"]);
      await store.update({ parts: [part], removed: [] });
      const stored = await store.embeddings(part.passages.map(({ id }) => id));
      for (const [at, { id }] of part.passages.entries()) {
        const numbers = stored.get(id)!;
        const row = part.embeddings.row(at);
        expect(Math.hypot(...numbers.map((value, index) => value - row[index]!))).toBeLessThan(most);
        if (precision === "binary") expect(numbers.map(Math.sign)).toEqual(row.map(Math.sign));
      }
    });

    test.each([
      ["float32", 1100],
      ["int8", 3],
      ["binary", 3],
    ] as const)("a scan has every passage once, as it is, %s", async (precision, count) => {
      await using store = await create({ precision });
      const pieces: number[] = [];
      const collect = async () => {
        const found: EmbeddedPassage[] = [];
        await store.scan(async (passages) => {
          pieces.push(passages.length);
          found.push(...passages);
        });
        return found.toSorted((one, other) => (one.passage.id < other.passage.id ? -1 : 1));
      };
      expect(await collect()).toEqual([]);
      const texts = Array.from({ length: count }, (_, index) => `text ${index} \0 \u{1f600}`);
      const parts = [partOf("a", 0, texts), partOf("b", 0, texts.slice(0, 2))];
      await store.update({ parts, removed: [] });
      const another = partOf("b", 0, ["another"]);
      await store.update({ parts: [another], removed: [] });
      pieces.length = 0;
      const found = await collect();
      expect(found.map(({ passage }) => passage)).toEqual(wholeOf([parts[0]!, another]).passages);
      const ids = ["a:0:0", `a:0:${count - 1}`, "b:0:0"];
      const embeddings = new Map(found.map(({ passage, embedding }) => [passage.id, embedding]));
      const stored = await store.embeddings(ids);
      for (const id of ids) expect(embeddings.get(id)).toEqual(stored.get(id));
      expect(Math.max(...pieces)).toBeLessThanOrEqual(1024);

      // Whatever the one who takes throws comes back, and the store goes on.
      const refusal = new Error("full");
      await expect(store.scan(() => Promise.reject(refusal))).rejects.toBe(refusal);
      expect((await collect()).length).toBe(count + 1);
    });

    test("a scan is of one version, whatever is written meanwhile", async () => {
      await using store = await create();
      const texts = Array.from({ length: 1200 }, (_, index) => `text ${index}`);
      await store.update({ parts: [partOf("a", 0, texts)], removed: [] });
      const ids: string[] = [];
      await store.scan(async (passages) => {
        ids.push(...passages.map(({ passage }) => passage.id));
        if (ids.length < 1000)
          await store.update({ parts: [partOf("b", 0, ["new"])], removed: [{ file: "a", part: 0 }] });
      });
      expect(ids).toHaveLength(1200);
      expect(ids).not.toContain("b:0:0");
      expect(await store.count()).toBe(1);
    });

    test("every character comes back, and every value that JSON can hold", async () => {
      await using store = await create();
      const strange =
        "\0\0\u0001 \u0001\0\u0002 a\tb\r\n \u{1f600}\u0301 'quoted' \"too\" \\n $1 {x} %s NULL \ufeff\uffff";
      const metadata = {
        [strange]: strange,
        "": "",
        ["__proto__"]: { ["__proto__"]: 1 },
        numbers: [0, -1.5, 1e300, 5e-324, 2 ** 53],
        nested: { list: [null, true, { [strange]: [strange] }] },
        none: null,
      };
      const part: NewPart = {
        ...partOf(strange, 0, [strange, ""]),
        hash: strange,
        passages: [
          { ...passage(strange, strange, strange), metadata },
          { ...passage("empty", strange, ""), firstLine: 3, lastLine: 2 ** 31 - 1, metadata: {} },
        ],
      };
      await store.update({ parts: [part], removed: [] });
      expect(await whole(store)).toEqual(wholeOf([part]));
      await store.update({ parts: [], removed: [part] });
      expect(await whole(store)).toEqual(wholeOf([]));
    });

    test("a lone surrogate counts as U+FFFD", async () => {
      await using store = await create();
      const part = partOf("a", 0, ["x\ud800y"]);
      const changed = { ...part, passages: [{ ...part.passages[0]!, metadata: { "\udc00": ["\ud800"] } }] };
      await store.update({ parts: [changed], removed: [] });
      const [found] = (await whole(store)).passages;
      expect(found).toMatchObject({ text: "x\ufffdy", metadata: { "\ufffd": ["\ufffd"] } });
    });

    test("an update that can't be done changes nothing", async () => {
      await using store = await create();
      const before = [partOf("a", 0, ["one"])];
      await store.update({ parts: before, removed: [] });
      const wrong: NewPart[] = [
        { ...partOf("b", 0, ["two"]), embeddings: new Embeddings(new Float32Array(7), 1, 7) },
        { ...partOf("b", 0, ["two"]), embeddings: new Embeddings(new Float32Array(16), 2, 8) },
        { ...partOf("b", 0, ["two"]), embeddings: new Embeddings(new Float32Array(8).fill(Number.NaN), 1, 8) },
        { ...partOf("b", 0, ["two"]), embeddings: new Embeddings(new Float32Array(8).fill(Infinity), 1, 8) },
      ];
      for (const part of wrong) {
        const update = { parts: [partOf("c", 0, ["three"]), part], removed: [{ file: "a", part: 0 }] };
        await expect(store.update(update)).rejects.toMatchObject({ code: "invalid_argument" });
        expect(await whole(store)).toEqual(wholeOf(before));
      }
      // And it works after that.
      await store.update({ parts: [partOf("b", 0, ["two"])], removed: [] });
      expect(await store.count()).toBe(2);
    });

    test("more than a thousand passages at once", async () => {
      await using store = await create();
      const texts = Array.from({ length: 1100 }, (_, index) => `text ${index}`);
      const parts = [partOf("a", 0, texts.slice(0, 1050)), partOf("b", 0, texts.slice(1050))];
      await store.update({ parts, removed: [] });
      expect(await whole(store)).toEqual(wholeOf(parts));
    });
  });

  describe.runIf(has.otherProcesses)(`${name}: several at once`, () => {
    test("one writes, until it is done", async () => {
      const location = await newLocation();
      const first = await location.create(description);
      await expect(location.open("write")).rejects.toMatchObject({ code: "invalid_argument" });
      await first.dispose();
      const second = (await location.open("write"))!;
      await expect(location.open("write")).rejects.toMatchObject({ code: "invalid_argument" });
      await second.dispose();
    });

    test("others read meanwhile: what was committed, and nothing else", async () => {
      const location = await newLocation();
      await using writer = await location.create(description);
      await using reader = (await location.open("read"))!;
      const texts = Array.from({ length: 500 }, (_, index) => `text ${index}`);
      const counts = new Set<number>();
      for (const part of [0, 1]) {
        const update = writer.update({ parts: [partOf("a", part, texts)], removed: [] });
        let isDone = false;
        void update.finally(() => {
          isDone = true;
        });
        while (!isDone) counts.add(await reader.count());
        await update;
        expect(await reader.count()).toBe(500 * (part + 1));
      }
      await Promise.all([writer.optimize(), reader.searchText("text", { topK: 1, conditions: [] })]);
      expect([...counts].filter((count) => ![0, 500, 1000].includes(count))).toEqual([]);
    });

    test("what is under way is finished before the index is let go", async () => {
      const location = await newLocation();
      const writer = await location.create(description);
      const update = writer.update({ parts: [partOf("a", 0, ["one"])], removed: [] });
      await Promise.all([update, writer.dispose()]);
      await using reader = await location.open("write");
      expect(await reader?.count()).toBe(1);
    });
  });

  describe(`${name}: vector search`, () => {
    // The largest error that rounding leaves: of a sum of products, of numbers of a thousandth or a hundredth.
    const tolerances = { float32: 1e-5, int8: 0.03 };

    test.each(
      (["cosine", "dot", "euclidean"] as const)
        .flatMap((similarity) =>
          (["float32", "int8"] as const)
            .filter((precision) => precision === "float32" || similarity === "cosine" || has.int8OfAnyLength)
            .map((precision) => ({ similarity, precision })),
        )
        .slice(0, has.ownSearch ? undefined : 1),
    )("finds what exact search finds: $similarity, $precision", async ({ similarity, precision }) => {
      const dimension = 32;
      const isNormalized = similarity === "cosine";
      await using store = await create({ dimension, similarity, precision, isNormalized });
      const embeddings = randomEmbeddings(300, dimension, isNormalized);
      const texts = Array.from({ length: 300 }, (_, index) => `${index}`);
      await store.update({ parts: [{ ...partOf("a", 0, texts), embeddings }], removed: [] });
      const queries = randomEmbeddings(5, dimension, isNormalized, 1);
      const exact = await semanticSearch(queries, embeddings, { topK: 300, similarityFunction: similarity });
      const tolerance = tolerances[precision];
      // The last one: all there are, not what is left of the number in 32 bits.
      for (const topK of [1, 10, 300, 1000, 2 ** 32 + 1]) {
        for (const [index, query] of [...queries].entries()) {
          const hits = await store.searchVector(query, { topK, conditions: [] });
          expect(hits.length).toBe(Math.min(topK, 300));
          expect(new Set(hits.map(({ passage }) => passage.id)).size).toBe(hits.length);
          const scores = new Map(exact[index]!.map(({ corpusId, score }) => [`${corpusId}`, score]));
          const wrong = hits.filter(({ passage, score }, rank) => {
            // Its own score, one as good as that of exact search at this place, and none better than the one before.
            const own = scores.get(passage.text)!;
            const isOwn = Math.abs(score - own) < tolerance;
            const isAsGood = own > exact[index]![rank]!.score - 2 * tolerance;
            return !(isOwn && isAsGood && score <= (hits[rank - 1]?.score ?? Infinity));
          });
          expect(wrong).toEqual([]);
        }
      }
    });

    test("signs alone tell which embeddings are alike", async () => {
      const dimension = 128;
      await using store = await create({ dimension, precision: "binary" });
      const embeddings = randomEmbeddings(200, dimension, true);
      const texts = Array.from({ length: 200 }, (_, index) => `${index}`);
      await store.update({ parts: [{ ...partOf("a", 0, texts), embeddings }], removed: [] });
      for (let index = 0; index < 200; index += 20) {
        const hits = await store.searchVector(embeddings.row(index), { topK: 5, conditions: [] });
        expect(hits.length).toBe(5);
        expect(hits[0]!.passage.text).toBe(`${index}`);
        // Of a normal distribution, the mean of |x| is 0.798 of its root mean square.
        expect(hits[0]!.score).toBeCloseTo(0.8, 1);
        expect(hits[1]!.score).toBeLessThan(0.5);
      }
      expect((await store.searchVector(embeddings.row(0), { topK: 1000, conditions: [] })).length).toBe(200);
    });

    test("a zero vector has cosine 0 to everything", async () => {
      await using store = await create();
      const zero = new Float32Array(8);
      const embeddings = Embeddings.fromRows([[1, 0, 0, 0, 0, 0, 0, 0], zero, [-1, 0, 0, 0, 0, 0, 0, 0]]);
      await store.update({ parts: [{ ...partOf("a", 0, ["x", "zero", "-x"]), embeddings }], removed: [] });
      const hits = await store.searchVector(embeddings.row(0), { topK: 3, conditions: [] });
      expect(hits.map(({ passage, score }) => [passage.text, score + 0])).toEqual([
        ["x", 1],
        ["zero", 0],
        ["-x", -1],
      ]);
      const ofZero = await store.searchVector(zero, { topK: 3, conditions: [] });
      expect(ofZero.map(({ score }) => score + 0)).toEqual([0, 0, 0]);
    });

    test("a query of another dimension is refused", async () => {
      await using store = await create();
      await store.update({ parts: [partOf("a", 0, ["one"])], removed: [] });
      await expect(store.searchVector(new Float32Array(7), { topK: 1, conditions: [] })).rejects.toMatchObject({
        code: "invalid_argument",
      });
    });
  });

  describe(`${name}: full text`, () => {
    const texts = [
      "The quick brown fox jumps over the lazy dog.",
      "Foxes are small omnivorous mammals; a fox is not a dog.",
      "Grüße aus Köln, ÉCOLE publique",
      "PostgreSQL's tsquery: it's 'quoted' & (grouped) | C:\\path\\file:* <-> !not",
      "数据库 поиск",
    ];

    async function search(store: IndexStore, query: string, topK = 10) {
      const hits = await store.searchText(query, { topK, conditions: [] });
      for (const [rank, { score }] of hits.entries()) {
        expect(score).toBeLessThanOrEqual(hits[rank - 1]?.score ?? Infinity);
      }
      return hits.map(({ passage }) => texts.indexOf(passage.text));
    }

    test.each(["before optimizing", "after"])("any word is enough, %s", async (when) => {
      await using store = await create();
      await store.update({ parts: [partOf("a", 0, texts)], removed: [] });
      if (when === "after") await store.optimize();
      expect((await search(store, "fox")).toSorted()).toEqual([0, 1]);
      expect(await search(store, "LAZY")).toEqual([0]);
      expect((await search(store, "lazy mammals nowhere")).toSorted()).toEqual([0, 1]);
      expect(await search(store, "école")).toEqual([2]);
      expect(await search(store, "KÖLN")).toEqual([2]);
      expect(await search(store, "поиск")).toEqual([4]);
      expect(await search(store, "the")).toEqual([0]);
      expect(await search(store, "nowhere")).toEqual([]);
      expect((await search(store, "fox dog", 1)).length).toBe(1);
      expect((await search(store, "fox dog", 2 ** 32 + 1)).length).toBe(2);
    });

    test("no character is syntax", async () => {
      await using store = await create();
      await store.update({ parts: [partOf("a", 0, texts)], removed: [] });
      for (const query of ["", " ", "\0", "'", '"', "\\", "!", "&|!():*<->", "+-*~^?", "\ud800", "\u{1f600}"]) {
        expect({ query, found: await search(store, query) }).toEqual({ query, found: [] });
      }
      for (const query of [
        "'lazy",
        '"lazy nowhere"',
        "lazy & nowhere",
        "-lazy",
        "!lazy",
        "lazy:*",
        "(lazy",
        "lazy\\",
        "lazy AND nowhere",
        "text:lazy",
        "lazy~2",
        "lazy\0nowhere",
      ]) {
        expect({ query, found: await search(store, query) }).toEqual({ query, found: [0] });
      }
      expect(await search(store, "laz*")).toEqual([]);
    });

    test("finds what the last update left", async () => {
      await using store = await create();
      await store.update({ parts: [partOf("a", 0, ["apple"]), partOf("b", 0, ["banana"])], removed: [] });
      await store.optimize();
      await store.update({ parts: [partOf("a", 0, ["cherry"])], removed: [{ file: "b", part: 0 }] });
      const found = async (query: string) => (await store.searchText(query, { topK: 9, conditions: [] })).length;
      expect(await Promise.all(["apple", "banana", "cherry"].map(found))).toEqual([0, 0, 1]);
    });
  });

  if (has.ownSearch) describeFilters(name, create);
}

/** What `whole` gives of an index that holds these parts. */
function wholeOf(parts: readonly NewPart[]) {
  return {
    parts: parts
      .map(({ file, part, hash }) => ({ file, part, hash }))
      .toSorted((a, b) => (a.file < b.file ? -1 : a.file > b.file ? 1 : a.part - b.part)),
    passages: parts.flatMap(({ passages }) => passages).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  };
}
