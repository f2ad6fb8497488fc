/** Programs that use the library, each in a process of its own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fixture } from "../encode/model-folder.ts";

const isBuilt = process.env.HPD_TEST_DIST === "1";

/** A module of `src`, by its path without the ending, as programs import it: as it was built, where that is up to date. */
export function moduleOf(path: string): string {
  const file = isBuilt ? `dist/${path}.js` : `src/${path}.ts`;
  return JSON.stringify(new URL(`../../${file}`, import.meta.url).href);
}

/** What the scripts begin with: the library, and a small model's folder. */
export const imports = `
  import { SentenceTransformer } from ${moduleOf("index")};
  const folder = ${JSON.stringify(fixture("hpd-tinybert-like"))};
  const texts = Array.from({ length: 20_000 }, (_, index) => "He plays guitar in street " + index);`;

export const nodeFlags: readonly string[] = isBuilt ? [] : ["--conditions=hpd-source"];

export interface Ended {
  readonly status: number | null;
  /** Where one ended it. */
  readonly signal?: NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param command that runs node's arguments after it: `unshare -n node`, or node */
export function runNode(args: readonly string[], env = process.env, command = [process.execPath]): Ended {
  const [program, ...before] = command as [string, ...string[]];
  const options = { encoding: "utf8", timeout: 60_000, env } as const;
  const { status, signal, stdout, stderr } = spawnSync(program, [...before, ...nodeFlags, ...args], options);
  return { status, stdout, stderr, ...(signal !== null && { signal }) };
}

/** A program of several modules, by their names; the first is started. */
export function runProgram(modules: Readonly<Record<string, string>>): Ended {
  const folder = mkdtempSync(join(tmpdir(), "hpd-program-"));
  try {
    for (const [name, source] of Object.entries(modules)) writeFileSync(join(folder, name), source);
    return runNode([join(folder, Object.keys(modules)[0]!)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The files in a folder and below it. */
export function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
}
