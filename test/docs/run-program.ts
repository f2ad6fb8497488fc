/** A program of the documentation in the process of its tests: one of its own would load again what they share, models too. */
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { format } from "node:util";
import type { Outcome } from "../cli/hpd-process.ts";
import "../encode/share-sessions.ts";

let count = 0;

/** Runs `node FILE ARGS` in a folder, one program at a time. */
export async function runProgram(folder: string, file: string, args: readonly string[] = []): Promise<Outcome> {
  const written = { stdout: "", stderr: "" };
  const { log, error, warn } = console;
  const { argv, exit } = process;
  const before = process.cwd();
  const print =
    (stream: keyof typeof written) =>
    (...values: unknown[]) => {
      written[stream] += `${format(...values)}\n`;
    };
  Object.assign(console, { log: print("stdout"), error: print("stderr"), warn: print("stderr") });
  process.argv = [argv[0]!, join(folder, file), ...args];
  process.exit = (code) => {
    throw new Exit(Number(code));
  };
  process.chdir(folder);
  try {
    // Each import of it runs it.
    await import(`${pathToFileURL(join(folder, file))}?run=${count++}`);
    return { code: 0, ...written };
  } catch (cause) {
    if (cause instanceof Exit) return { code: cause.code, ...written };
    throw cause;
  } finally {
    process.chdir(before);
    Object.assign(process, { argv, exit });
    Object.assign(console, { log, error, warn });
  }
}

class Exit extends Error {
  readonly code: number;

  constructor(code: number) {
    super(`exit code ${code}`);
    this.code = code;
  }
}
