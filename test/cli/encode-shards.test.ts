/** `hpd encode` with shards, and to Parquet without. */
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openParquet } from "../../src/texts/parquet.ts";
import { fixture } from "../encode/model-folder.ts";
import { runHpd } from "./run-hpd.ts";

const model = fixture("hpd-tinybert-like");
const folder = await mkdtemp(join(tmpdir(), "hpd-shards-"));
afterAll(() => rm(folder, { recursive: true }));

const texts = join(folder, "texts.jsonl");
const lines = Array.from({ length: 30 }, (_, id) => JSON.stringify({ id, text: `text ${id}` }));
await writeFile(texts, `${lines.join("\n")}\n`);

const hpd = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => runHpd(args, { cwd: folder, env });

const shards = (out: string, ...args: string[]) => [
  "encode",
  texts,
  "-o",
  out,
  "--model",
  model,
  "--shards",
  "4",
  ...args,
];

async function embeddingsOf(file: string): Promise<Map<unknown, unknown>> {
  const source = await openParquet(join(folder, file), { columns: ["id", "embedding"], lists: true });
  const all = new Map<unknown, unknown>();
  for await (const { values } of source.rows) all.set(values.id, values.embedding);
  return all;
}

test("the shard of a scheduler, of a flag, and all that are missing", async () => {
  const kubernetes = await hpd(shards("out"), { JOB_COMPLETION_INDEX: "2", SLURM_ARRAY_TASK_ID: "3" });
  expect([kubernetes.code, kubernetes.stderr]).toEqual([0, expect.stringMatching(/^shard 2 of 4: \d+ texts/)]);
  const slurm = await hpd(shards("out", "--json", "--quiet"), { SLURM_ARRAY_TASK_ID: "3" });
  expect(JSON.parse(slurm.stdout)).toMatchObject({ shard: 3, shards: 4, was_committed: false });
  const flag = await hpd(shards("out", "--shard", "2", "--json"), { SLURM_ARRAY_TASK_ID: "0" });
  expect(JSON.parse(flag.stdout)).toMatchObject({ shard: 2, was_committed: true });
  const { stdout } = await hpd(["encode", "--status", "out"]);
  expect(stdout).toMatch(
    /^done +2 of 4 shards\nmissing +0-1\nrows +\d+, float32 of 8 dimensions\nbytes +[\d,]+ of parquet\n$/,
  );
  const rest = await hpd(shards("out"));
  expect(rest.stderr.match(/^shard \d of 4/gm)).toEqual(["shard 0 of 4", "shard 1 of 4"]);
  expect((await hpd(shards("out"))).stderr).toBe("all 4 shards are done\n");
  const status = JSON.parse((await hpd(["encode", "--status", "out", "--json"])).stdout);
  expect(status).toMatchObject({ shards: 4, done: [0, 1, 2, 3], missing: [], rows: 30 });
  expect((await hpd(["encode", "--verify", "out"])).stdout).toBe("4 shards of 30 rows are as they were written\n");

  const one = await hpd(["encode", texts, "-o", "one.parquet", "--model", model, "--keep", "id"]);
  expect([one.code, one.stderr]).toEqual([0, expect.stringMatching(/^30 texts, .*one\.parquet\n$/)]);
  const alone = await embeddingsOf("one.parquet");
  expect(alone.size).toBe(30);
  for (const name of await readdir(join(folder, "out"))) {
    if (!name.endsWith(".parquet")) continue;
    for (const [id, embedding] of await embeddingsOf(`out/${name}`)) {
      const expected = alone.get(id) as number[];
      for (const [at, value] of (embedding as number[]).entries()) expect(value).toBeCloseTo(expected[at]!, 5);
    }
  }

  expect((await hpd(["encode", "--join", "out", "-o", "joined.parquet", "--quiet"])).code).toBe(0);
  expect([...(await embeddingsOf("joined.parquet")).keys()]).toEqual(Array.from({ length: 30 }, (_, id) => BigInt(id)));
  const table = await hpd(["encode", "--join", "out", "-o", "tables/texts.lance"]);
  expect([table.code, table.stderr]).toEqual([0, "30 rows, tables/texts.lance\n"]);
  const again = await hpd(["encode", texts, "-o", "tables/texts.lance", "--model", model]);
  expect(again.stderr).toMatch(/is there already: delete it, or name another/);

  const file = join(folder, "out/shard-00001-of-00004.parquet");
  const bytes = await readFile(file);
  bytes[200]! ^= 1;
  await writeFile(file, bytes);
  const damaged = await hpd(["encode", "--verify", "out", "--json"]);
  expect(damaged.code).toBe(1);
  expect(JSON.parse(damaged.stdout)).toMatchObject({ verified: 4, problems: [{ shard: 1 }] });
  expect(damaged.stderr).toMatch(/shard-00001-of-00004\.parquet: .*checksum.*run their shards again/s);
  // One without its end is a problem among the others.
  await truncate(join(folder, "out/shard-00002-of-00004.parquet"), 300);
  const cut = await hpd(["encode", "--verify", "out", "--json"]);
  expect(JSON.parse(cut.stdout)).toMatchObject({ verified: 4, missing: 0, problems: [{ shard: 1 }, { shard: 2 }] });
});

test("several files, with half the bytes, in one", async () => {
  await writeFile(join(folder, "a.txt"), "one\ntwo\n");
  await writeFile(join(folder, "b.txt"), "three\n");
  const args = ["--model", model, "--precision", "float16", "--quiet"];
  expect((await hpd(["encode", "a.txt", "b.txt", "-o", "both.npy", ...args])).code).toBe(0);
  const npy = await readFile(join(folder, "both.npy"));
  expect(npy.toString("latin1", 10, 127).trim()).toBe("{'descr': '<f2', 'fortran_order': False, 'shape': (3, 8), }");
  expect((await hpd(["encode", "a.txt", "b.txt", "-o", "both.parquet", ...args])).code).toBe(0);
  const source = await openParquet(join(folder, "both.parquet"), { columns: ["text"] });
  const read: unknown[] = [];
  for await (const { values } of source.rows) read.push(values.text);
  expect(read).toEqual(["one", "two", "three"]);
});

test("a folder alone, in each kind of file", async () => {
  await mkdir(join(folder, "two"));
  await writeFile(join(folder, "two/a.txt"), "one\n");
  await writeFile(join(folder, "two/b.txt"), "two\n");
  const args = ["encode", "two", "--model", model, "--quiet"];
  const rows = (await hpd(args)).stdout.trim().split("\n");
  expect(rows.map((row) => JSON.parse(row).index)).toEqual([0, 1]);
  for (const name of ["two.jsonl", "two.npy", "two.safetensors", "two.parquet"]) {
    expect(await hpd([...args, "-o", name])).toMatchObject({ code: 0, stderr: "" });
  }
  expect(await readFile(join(folder, "two.jsonl"), "utf8")).toBe(`${rows.join("\n")}\n`);
});

test.each<[string[], number, RegExp, Readonly<Record<string, string>>?]>([
  [shards("new", "--shard", "4"), 2, /shard should be from 0 to 3, as there are 4 shards, got 4/],
  [
    shards("out"),
    2,
    /SLURM_ARRAY_TASK_ID should be the number of a shard, got "x": give --shard/,
    { SLURM_ARRAY_TASK_ID: "x" },
  ],
  [shards("out.parquet"), 2, /with --shards, --output is a folder/],
  [shards("out", "--precision", "binary"), 2, /should be one of float32, float16, int8/],
  [shards("out", "--output-value", "token_embeddings"), 2, /not for shards/],
  [["encode", "--shards", "4", "-o", "out"], 2, /standard input is not: name files/],
  [["encode", texts, "--shards", "4"], 2, /--shards needs --output/],
  [["encode", texts, "--shard", "1"], 2, /--shard needs --shards/],
  [["encode", texts, "-o", "a.npy", "--keep", "id"], 2, /--keep needs an output of \.parquet or \.lance/],
  [["encode", texts, "--precision", "float16"], 2, /float16 needs an output/],
  [["encode", "-o", "a.parquet"], 2, /standard input is read alone/],
  [["encode", "--join", "out"], 2, /--join needs an --output of/],
  [["encode", "--status", "none"], 1, /no _manifest\.json: no work in shards was begun there/],
])("%j", async (args, code, message, env) => {
  const outcome = await hpd(args, env);
  expect(outcome.stderr).toMatch(message);
  expect(outcome.code).toBe(code);
  // What a wrong number of a shard begins, a right one would be refused by.
  expect(await readdir(folder)).not.toContain("new");
});
