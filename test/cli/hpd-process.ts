/** `hpd` as a process: as it was built, where that is what the sources make, or from source, which takes longer to start. */
import { type ChildProcessWithoutNullStreams, type SpawnOptionsWithoutStdio, spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** Node's arguments before those of `hpd`. The variable is set by `vitest.config.ts`. */
export const main: readonly string[] =
  process.env.HPD_TEST_DIST === "1"
    ? [fileOf("dist/cli/main.js")]
    : ["--conditions=hpd-source", fileOf("src/cli/main.ts")];

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** @param before a program that runs it, with its arguments */
export function startHpd(
  args: readonly string[],
  options?: SpawnOptionsWithoutStdio,
  before: readonly string[] = [],
): ChildProcessWithoutNullStreams {
  const [program, ...all] = [...before, process.execPath, ...main, ...args];
  return spawn(program!, all, options);
}

/** @param input all of its standard input */
export async function outcomeOf(child: ChildProcessWithoutNullStreams, input = ""): Promise<Outcome> {
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  // A command that does not read its input closes the pipe.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  const [code, stdout, stderr] = await Promise.all([closed, text(child.stdout), text(child.stderr)]);
  return { code, stdout, stderr };
}
