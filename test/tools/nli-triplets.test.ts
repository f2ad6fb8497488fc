/** The program that makes triplets out of labelled NLI pairs. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";

const program = fileURLToPath(new URL("../../tools/data/nli-triplets.ts", import.meta.url));
const folder = await mkdtemp(join(tmpdir(), "hpd-nli-triplets-"));
afterAll(() => rm(folder, { recursive: true }));

const nli = join(folder, "nli.tsv.gz");
await writeFile(
  nli,
  gzipSync(
    [
      "entailment\tA dog runs.\tAn animal moves.\tcaptions",
      "contradiction\tA dog runs.\tA dog sleeps.\tcaptions",
      "neutral\tA dog runs.\tA dog is happy.\tcaptions",
      "entailment\tA dog runs.\tA dog is awake.\tcaptions",
      "contradiction\tA dog runs.\tNothing moves.\tcaptions",
      "entailment\tA man eats.\tA MAN EATS\tcaptions",
      "entailment\tA man eats.\tSomebody eats.\tcaptions",
      ...Array.from({ length: 9 }, (_, at) => `entailment\tTemplate ${at}.\tA template.\ttemplates`),
      "",
    ].join("\n"),
  ),
);

async function rowsOf(...flags: string[]): Promise<Record<string, string>[]> {
  const out = join(folder, "triplets.jsonl");
  await promisify(execFile)(process.execPath, ["--conditions=hpd-source", program, nli, "--out", out, ...flags]);
  return (await readFile(out, "utf8"))
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

test("a row for each entailment: a contradiction of its own, in turn, or one that is drawn", async () => {
  const rows = await rowsOf();
  expect(rows).toHaveLength(12);
  const dog = rows.filter(({ anchor }) => anchor === "A dog runs.");
  expect(dog).toHaveLength(2);
  expect(dog).toContainEqual({ anchor: "A dog runs.", positive: "An animal moves.", negative: "A dog sleeps." });
  expect(dog).toContainEqual({ anchor: "A dog runs.", positive: "A dog is awake.", negative: "Nothing moves." });
  const [man, ...more] = rows.filter(({ anchor }) => anchor === "A man eats.");
  expect(more).toEqual([]);
  expect(man!.positive).toBe("Somebody eats.");
  expect(["A dog sleeps.", "Nothing moves."]).toContain(man!.negative);
});

test("equal seeds give equal rows, others another order; few of a source", async () => {
  const rows = await rowsOf("--seed", "7");
  expect(await rowsOf("--seed", "7")).toEqual(rows);
  expect(await rowsOf("--seed", "8")).not.toEqual(rows);
  const few = await rowsOf("--at-most", "templates=2");
  expect(few.filter(({ positive }) => positive === "A template.")).toHaveLength(2);
  expect(few).toHaveLength(5);
});

test.each([
  [["--at-most", "templates"], "--at-most should be SOURCE=N, got templates"],
  [[join(folder, "absent.tsv")], "no such file"],
])("refuses %j", async (flags, problem) => {
  await expect(rowsOf(...flags)).rejects.toThrow(problem);
});
