/** Groups of texts that are positives of each other: what is drawn of them, and what a batch never holds. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { Random } from "../../../src/random.ts";
import { type Data, openData } from "../../../src/training/data/open-data.ts";
import { trainingBatches } from "../../../src/training/loop/batches.ts";
import { batchesWithoutDuplicates } from "../../../src/training/loop/epoch-order.ts";
import { cosent } from "../../../src/training/losses/cosent.ts";
import { cosine } from "../../../src/training/losses/cosine.ts";
import type { Loss } from "../../../src/training/losses/loss.ts";
import { multipleNegativesRanking } from "../../../src/training/losses/multiple-negatives-ranking.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-groups-"));
afterAll(() => rm(scratch, { recursive: true }));

let files = 0;
async function open(
  rows: readonly object[],
  columns?: string[],
  loss: Loss = multipleNegativesRanking(),
): Promise<Data> {
  const path = join(scratch, `groups-${files++}.jsonl`);
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
  const options = { data: [{ path }], validation: 2, columns, label: undefined, seed: 1 };
  const { signal } = new AbortController();
  return await openData(options, { loss, dimension: 8 }, scratch, { signal, onRead: () => {} });
}

/** Of 2 to 6 texts, each a number that says the group: 301 is text 1 of group 3. */
const groups = Array.from({ length: 40 }, (_, group) => ({
  source: "made up",
  texts: Array.from({ length: 2 + (group % 5) }, (_, member) => String(100 * (group + 1) + member)),
}));

const groupOf = (text: string) => Math.floor(Number(text) / 100);

test("a row is two different texts of a group, others each time it is drawn", async () => {
  await using data = await open(groups);
  expect(data.fields).toMatchObject({ columns: ["texts", "texts"], isGroup: true, label: undefined });
  expect(data.counts).toMatchObject({ read: 40, train: 38, validation: 2 });
  const indices = Array.from({ length: 38 }, (_, index) => index);
  const seen = new Map<number, Set<string>>();
  for (let epoch = 0; epoch < 60; epoch++) {
    const { columns, groups: drawnFrom } = await data.train.read(indices, new Random(epoch));
    const [anchors, positives] = columns as [string[], string[]];
    for (const [at, anchor] of anchors.entries()) {
      const positive = positives[at]!;
      expect(groupOf(positive)).toBe(groupOf(anchor));
      expect(positive).not.toBe(anchor);
      expect(drawnFrom![at]).toEqual(groups[groupOf(anchor) - 1]!.texts);
      const pairs = seen.get(groupOf(anchor)) ?? new Set();
      seen.set(groupOf(anchor), pairs.add(`${anchor} ${positive}`));
    }
    expect((await data.train.read(indices, new Random(epoch))).columns).toEqual(columns);
  }
  expect(seen.size).toBe(38);
  // All ordered pairs come, n (n - 1) of them.
  for (const [group, pairs] of seen) {
    const size = groups[group - 1]!.texts.length;
    expect(pairs.size).toBeGreaterThan(0.7 * size * (size - 1));
  }
});

test("with negatives, which are those of the row", async () => {
  const rows = groups.map((group, at) => ({ ...group, negative: `${at}`, negative_2: `${1000 - at}` }));
  await using data = await open(rows, ["texts", "negative", "negative_2"]);
  expect(data.fields.columns).toEqual(["texts", "texts", "negative", "negative_2"]);
  const { columns } = await data.train.read([3, 0], new Random(1));
  for (const [at, anchor] of columns[0]!.entries()) {
    const group = groupOf(anchor) - 1;
    expect(groupOf(columns[1]![at]!) - 1).toBe(group);
    expect([columns[2]![at], columns[3]![at]]).toEqual([`${group}`, `${1000 - group}`]);
  }
  await using known = await open(groups.map((group, at) => ({ ...group, negative: `${at}` })));
  expect(known.fields.columns).toEqual(["texts", "texts", "negative"]);
});

test("texts twice count once; groups of one, and of which a text is the negative, are left out", async () => {
  const rows = [
    ...groups,
    { texts: ["a", "a", " ", null] },
    { texts: ["a"] },
    { texts: [] },
    { texts: ["b", "c", "b"] },
  ];
  await using data = await open(rows);
  expect(data.counts).toMatchObject({ read: 44, empty: 3, train: 39 });
  await using withNegatives = await open([
    ...groups.map((group) => ({ ...group, negative: "no" })),
    { texts: ["A cat.", "The  cat"], negative: "the cat " },
  ]);
  expect(withNegatives.counts).toMatchObject({ contradictory: 1 });
});

test.each<[string, object[], Loss, RegExp]>([
  [
    "a group that is none",
    [...groups, { texts: "one" }],
    multipleNegativesRanking(),
    /line 41: the field texts should be a list of texts, got "one"/,
  ],
  [
    "a member that is no text",
    [...groups, { texts: ["a", 7] }],
    multipleNegativesRanking(),
    /should be a list of texts/,
  ],
  ["a loss of single texts", groups, cosine, /should hold a text, got a list: the loss takes no groups/],
  ["a loss with labels", groups, cosent(), /the loss takes the label score/],
])("refused: %s", async (_, rows, loss, message) => {
  await expect(open(rows, undefined, loss)).rejects.toThrow(message);
});

test("no batch holds a text of a group beside one that is in another's pair, also where groups share texts", async () => {
  // Neighbours have a text in common.
  const sharing = groups.map(({ texts }, at) => ({ texts: [...texts, groups[(at + 1) % groups.length]!.texts[0]!] }));
  await using data = await open(sharing);
  const tokenizer = { encode: (text: string) => Int32Array.of(Number(text)) };
  const dataset = { name: "", train: data.train, validation: data.validation, batchSize: 6, noDuplicates: true };
  const batches = trainingBatches([dataset], tokenizer, { seed: 3 }, { epoch: 0, batch: 0 });
  const perEpoch = Math.ceil(38 / 6);
  const pairs: string[][] = [];
  for (let batch = 0; batch < 20 * perEpoch; batch++) {
    const { columns } = (await batches.next()).value!;
    const rows = columns[0]!.map((ids, row) => [String(ids[0]), String(columns[1]![row]![0])]);
    for (const [at, row] of rows.entries()) {
      const groupsOfRow = sharing.filter(({ texts }) => row.every((text) => texts.includes(text)));
      const positives = new Set(groupsOfRow.flatMap(({ texts }) => texts));
      for (const text of rows.filter((_, other) => other !== at).flat()) expect(positives.has(text)).toBe(false);
    }
    pairs.push(rows.map(String));
  }
  await batches.return();
  // From any batch on they are the same.
  const from = { epoch: 7, batch: 4 };
  const again = trainingBatches([dataset], tokenizer, { seed: 3 }, from);
  const { columns } = (await again.next()).value!;
  await again.return();
  const rows = columns[0]!.map((ids, row) => String([ids[0], columns[1]![row]![0]]));
  expect(rows).toEqual(pairs[7 * perEpoch + 4]);
});

test("a row goes where none of its texts is known, and none of theirs is its own", () => {
  const columns = [
    ["a1", "b1", "c1", "d1"],
    ["a2", "b2", "c2", "d2"],
  ];
  expect(batchesWithoutDuplicates({ columns }, 2)).toEqual([
    [0, 1],
    [2, 3],
  ]);
  const groups = [
    ["a1", "a2", "b1"],
    ["b1", "b2"],
    ["c1", "c2"],
    ["d1", "d2"],
  ];
  expect(batchesWithoutDuplicates({ columns, groups }, 2)).toEqual([
    [0, 2],
    [1, 3],
  ]);
});

test("groups out of Parquet, whose lists and texts may be missing", async () => {
  const table = (name: string) => fileURLToPath(new URL(`../../fixtures/tables/${name}`, import.meta.url));
  const { texts: lists } = JSON.parse(await readFile(table("lists.json"), "utf8")) as {
    texts: ((string | null)[] | null)[];
  };
  const members = lists.map((list) => new Set((list ?? []).filter((text) => text !== null && text !== "")));
  const whole = members.filter(({ size }) => size > 1);
  const options = { validation: 2, columns: ["texts"], label: undefined, seed: 1 };
  const opened = (name: string) =>
    openData(
      { ...options, data: [{ path: table(name) }] },
      { loss: multipleNegativesRanking(), dimension: 8 },
      scratch,
      { signal: new AbortController().signal, onRead: () => {} },
    );
  for (const name of ["lists-1.parquet", "lists-2.parquet"]) {
    await using data = await opened(name);
    expect(data.fields).toMatchObject({ columns: ["texts", "texts"], isGroup: true });
    expect(data.counts).toMatchObject({ read: 40, empty: 40 - whole.length, train: whole.length - 2, validation: 2 });
    const { groups } = await data.train.read([0, 1, 2], new Random(0));
    for (const group of groups!) expect(whole).toContainEqual(new Set(group));
  }
});
