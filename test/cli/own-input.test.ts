/** Outputs that are inputs, whatever they are called. */
import { link, mkdir, mkdtemp, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { requireSeparateOutputs } from "../../src/cli/output/own-input.ts";
import { taskFiles } from "../../src/cli/tasks.ts";
import { UsageError } from "../../src/cli/usage-error.ts";
import { runHpd } from "./run-hpd.ts";

const folder = await mkdtemp(join(tmpdir(), "hpd-own-input-"));
afterAll(() => rm(folder, { recursive: true }));
const input = join(folder, "q.txt");
await writeFile(input, "one\ntwo\n");
await symlink(input, join(folder, "link"));
await link(input, join(folder, "hard"));
await symlink(folder, join(folder, "here"));
await mkdir(join(folder, "sub"));

test.each(["q.txt", "./sub/../q.txt", "link", "hard", "here/q.txt"])(
  "an output that is the input: %s",
  async (name) => {
    const flags = { out: join(folder, name) };
    await expect(requireSeparateOutputs(flags, [input], ["out"])).rejects.toThrow(UsageError);
    await expect(requireSeparateOutputs(flags, [input], ["out"])).rejects.toThrow(
      /--out .* is the same file as the input/,
    );
  },
);

test("standard output, which would be a file of that name", async () => {
  await expect(requireSeparateOutputs({ out: "-" }, [input], ["out"])).rejects.toThrow(
    /--out should name a file, got -/,
  );
});

test("two outputs that are one file, there or not yet", async () => {
  for (const [out, report] of [
    ["new", "here/new"],
    ["hard", "link"],
  ]) {
    const flags = { out: join(folder, out!), report: join(folder, report!) };
    await expect(requireSeparateOutputs(flags, [], ["out", "report"])).rejects.toThrow(/--report .* as --out/);
  }
});

test("what is no file may be both, and others are apart", async () => {
  await requireSeparateOutputs({ out: "/dev/null", report: "/dev/null" }, ["/dev/null", "-"], ["out", "report"]);
  await requireSeparateOutputs(
    { out: join(folder, "new"), report: join(folder, "sub/new") },
    [input],
    ["out", "report"],
  );
  await requireSeparateOutputs({}, [join(folder, "none")], ["out"]);
});

test("the files of tasks", async () => {
  await writeFile(join(folder, "sub/train.csv"), "text,label\n");
  expect(await taskFiles([`sts:${input}`, `classification:${join(folder, "sub")}`], undefined)).toEqual([
    input,
    join(folder, "sub/train.csv"),
  ]);
});

test.each([
  ["map", input, "--out", input],
  ["encode", join(folder, "e.jsonl"), "--output", join(folder, "e.jsonl")],
  ["dedupe", input, "--output", join(folder, "d.txt"), "--report", join(folder, "link")],
  ["evaluate", "--tasks", `sts:${input}`, "--html", input],
])("hpd %s leaves its input as it is", { timeout: 60_000 }, async (...args) => {
  await writeFile(join(folder, "e.jsonl"), '{"text": "one"}\n');
  const outcome = await runHpd(args);
  expect(outcome).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("is the same file as") });
  expect(await readFile(input, "utf8")).toBe("one\ntwo\n");
});

test("standard input, too", { timeout: 60_000 }, async () => {
  const handle = await open(input);
  try {
    const { spawn } = await import("node:child_process");
    const { main } = await import("./hpd-process.ts");
    const args = [...main, "map", "-", "--input-format", "text", "--out", input];
    const child = spawn(process.execPath, args, { stdio: [handle.fd, "ignore", "pipe"] });
    let stderr = "";
    child.stderr?.on("data", (data) => {
      stderr += data;
    });
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect([code, stderr]).toEqual([2, expect.stringContaining("standard input")]);
  } finally {
    await handle.close();
  }
});
