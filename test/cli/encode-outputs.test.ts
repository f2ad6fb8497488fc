/** Outputs of `hpd encode` where the disk is full, or Ctrl-C ends it in the middle: nothing half-written stays. */
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { fixture } from "../encode/model-folder.ts";
import { outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const folder = mkdtempSync(join(tmpdir(), "hpd-outputs-"));
afterAll(() => rmSync(folder, { recursive: true }));

const texts = join(folder, "texts.jsonl");
writeFileSync(
  texts,
  Array.from({ length: 20_000 }, (_, id) => `{"id": ${id}, "text": "the dog ${id % 97}"}\n`).join(""),
);
const model = ["--model", fixture("static"), "--quiet"];
const shards = join(folder, "shards");
const sharded = ["encode", texts, "--shards", "3", "--output", shards, ...model];
// Twenty thousand rows of 16 numbers are 1.3 MB.
const full = ["sh", "-c", 'ulimit -f 512; exec "$@"', "sh"];
const formats = ["parquet", "npy", "safetensors", "lance", "jsonl"];
// The unit of `ulimit -f` is 512 bytes for sh, and files have a limit on Linux.
const isLinux = process.platform === "linux";

function filesIn(path: string): Map<string, string> {
  return new Map(readdirSync(path).map((name) => [name, readFileSync(join(path, name), "hex")]));
}

test.runIf(isLinux)(
  "a shard that finds the disk full leaves nothing, and the next run ends with the same bytes",
  async () => {
    const failed = await outcomeOf(startHpd(sharded, {}, full));
    expect(failed.stderr).toMatch(/shard-00000-of-00003\.parquet can't be written: .*EFBIG/);
    expect(failed.code).toBe(1);
    expect(readdirSync(shards)).toEqual(["_manifest.json"]);
    expect((await runHpd(sharded)).code).toBe(0);
    const alone = join(folder, "alone");
    expect((await runHpd(sharded.map((each) => (each === shards ? alone : each)))).code).toBe(0);
    expect(filesIn(shards)).toEqual(filesIn(alone));
  },
);

test.runIf(isLinux).each(formats)(
  "%s on a full disk: the output by its name, and nothing of it stays",
  async (format) => {
    const own = join(folder, `full-${format}`);
    mkdirSync(own);
    const output = join(own, `out.${format}`);
    const { stderr, code } = await outcomeOf(startHpd(["encode", texts, "--output", output, ...model], {}, full));
    expect(stderr).toContain(`${output} can't be written: `);
    expect(stderr).toMatch(/EFBIG|File too large/);
    expect(code).toBe(1);
    expect(readdirSync(own)).toEqual([]);
    // Shards are joined into a file or a table, by the same writers.
    if (!["parquet", "lance"].includes(format)) return;
    const joined = await outcomeOf(startHpd(["encode", "--join", shards, "--output", output, "--quiet"], {}, full));
    expect(joined.stderr).toContain(`${output} can't be written: `);
    expect(readdirSync(own)).toEqual([]);
  },
);

test.each(formats)("Ctrl-C while %s is written, once and twice: nothing of it stays", async (format) => {
  // A table is a folder, all else is a file.
  for (const times of ["lance", "npy"].includes(format) ? [1, 2] : [1]) {
    const own = join(folder, `stopped-${format}-${times}`);
    mkdirSync(own);
    const child = startHpd(["encode", texts, "--output", join(own, `out.${format}`), ...model]);
    const ended = once(child, "exit");
    while (readdirSync(own).length === 0 && child.exitCode === null) await delay(1);
    for (let time = 0; time < times; time++) child.kill("SIGINT");
    const [code] = await ended;
    // It may have been just done.
    expect([130, 0]).toContain(code);
    expect(readdirSync(own)).toEqual(code === 0 ? [`out.${format}`] : []);
  }
});

test("what a killed run leaves of a table of LanceDB is removed by the next one", async () => {
  const own = join(folder, "killed");
  mkdirSync(own);
  const args = ["encode", texts, "--output", join(own, "out.lance"), ...model];
  const child = startHpd(args);
  const ended = once(child, "exit");
  while (!readdirSync(own).some((name) => existsSync(join(own, name, "out.lance", "data")))) await delay(1);
  child.kill("SIGKILL");
  await ended;
  expect(readdirSync(own)).toEqual([expect.stringMatching(/^out\.lance\..*\.partial$/)]);
  expect((await runHpd(args)).code).toBe(0);
  expect(readdirSync(own)).toEqual(["out.lance"]);
});
