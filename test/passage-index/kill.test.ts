/** A build that is killed, again and again, ends with the same index as one that isn't. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, test } from "vitest";
import { buildIndex } from "../../src/passage-index/index.ts";
import { contentOf, longLines, tinyModel, writeFiles } from "./notes.ts";

const scratch = await mkdtemp(join(tmpdir(), "hpd-kill-"));
afterAll(() => rm(scratch, { recursive: true }));

const module = fileURLToPath(new URL("../../src/passage-index/index.ts", import.meta.url));

/** @returns whether it came to its end before it was killed, and what it says on stderr */
async function buildAndKill(inputs: string[], out: string, milliseconds: number) {
  const script = `
    const { buildIndex } = await import(${JSON.stringify(module)});
    const onProgress = ({ passages }) => passages > 0 && process.stdout.write(passages + "\\n");
    await buildIndex(${JSON.stringify(inputs)}, { out: ${JSON.stringify(out)},
      model: ${JSON.stringify(tinyModel)}, lines: true, load: { workers: 0 }, onProgress });
  `;
  const child = spawn(process.execPath, ["--conditions", "hpd-source", "--input-type=module", "-e", script]);
  let errors = "";
  child.stderr.on("data", (data) => {
    errors += data;
  });
  // That many milliseconds after its first commit.
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), milliseconds));
  const [code, signal] = await once(child, "close");
  clearTimeout(timer);
  return { isDone: code === 0, isKilled: signal === "SIGKILL", errors };
}

test("killed in the middle, it loses nothing that was committed, and the end is the same", {
  timeout: 120_000,
}, async () => {
  const notes = join(scratch, "notes");
  await writeFiles(notes, {
    "a.txt": longLines(1999, 1),
    "b.txt": "A small one.\n",
    "c.txt": longLines(1, 2),
  });
  const out = join(scratch, "killed.index");
  let kept = 0;
  let kills = 0;
  for (const delay of [0, 100, 20]) {
    const { isDone, isKilled, errors } = await buildAndKill([notes], out, delay);
    if (!isDone && !isKilled) throw new Error(errors);
    if (isKilled) kills++;
    const { passages } = await contentOf(out);
    // Though it is the same long file each time.
    if (isKilled) expect(passages.length).toBeGreaterThan(kept);
    kept = passages.length;
  }
  expect(kills).toBeGreaterThan(0);
  const last = await buildIndex([notes], { out, model: tinyModel, lines: true, load: { workers: 0 } });
  expect(last).toMatchObject({ passages: 2001, embedded: 2001 - kept });
  const whole = join(scratch, "whole.index");
  await buildIndex([notes], { out: whole, model: tinyModel, lines: true, load: { workers: 0 } });
  expect(await contentOf(out)).toEqual(await contentOf(whole));
});
