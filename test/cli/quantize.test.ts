/** `hpd quantize`: a folder that other commands take; an interruption; what is refused. */
import { access, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { madeUpSentences } from "../distillation/sentences.ts";
import { fixture } from "../encode/model-folder.ts";
import { outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-cli-quantize-"));
afterAll(() => rm(scratch, { recursive: true }));

vi.setConfig({ testTimeout: 120_000 });

const rows = join(scratch, "rows.jsonl");
await writeFile(
  rows,
  madeUpSentences(80, 2)
    .map((body) => `${JSON.stringify({ body })}\n`)
    .join(""),
);
const hpd = (...args: string[]) => runHpd(args);

test("a folder from one's own texts, which other commands take", async () => {
  const out = join(scratch, "int8");
  const args = ["--sentences", rows, "--field", "body", "--workers", "1", "--min-cosine", "0"];
  const { code, stdout, stderr } = await hpd("quantize", fixture("bert"), "--out", out, ...args);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ranges {6}from 60 texts$/m);
  expect(stdout).toMatch(/^cosine {6}mean 0\.9\d{4}, lowest 0\.9\d{3}, to float32 over 20 other texts$/m);
  const info = await hpd("info", out, "--json");
  expect(JSON.parse(info.stdout).arithmetic).toBe("int8, stored");
  const again = await hpd("quantize", out, "--out", join(scratch, "twice"));
  expect(again.code).toBe(1);
  expect(again.stderr).toMatch("is quantized already");
});

test("a file without a text is named", async () => {
  const empty = join(scratch, "empty.txt");
  await writeFile(empty, " \n");
  const args = ["--sentences", rows, "--field", "body", "--sentences", empty];
  const { code, stderr } = await hpd("quantize", fixture("bert"), "--out", join(scratch, "no"), ...args);
  expect({ code, stderr }).toEqual({ code: 1, stderr: `hpd: ${empty}: there is no text in it\n` });
});

test("an interruption ends it, and nothing is left", async () => {
  const child = startHpd(["quantize", fixture("bert"), "--out", join(scratch, "stopped"), "--progress"]);
  child.stderr.once("data", () => child.kill("SIGINT"));
  const { code, stderr } = await outcomeOf(child);
  expect(code).toBe(130);
  expect(stderr).toMatch("stopped; nothing was written");
  await expect(access(join(scratch, "stopped"))).rejects.toThrow();
  expect((await readdir(scratch)).filter((name) => name.includes("partial"))).toEqual([]);
});

test("a folder that isn't empty, and none", async () => {
  const full = await hpd("quantize", fixture("bert"), "--out", scratch);
  expect(full.stderr).toMatch(/isn't empty/);
  expect((await hpd("quantize", fixture("bert"))).code).toBe(2);
});
