/** The check that outputs overwrite neither the inputs of a command nor each other. */
import { fstat, stat } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { UsageError } from "../usage-error.ts";

/**
 * Requires that outputs and inputs are different files. Files are compared by identity, not by name: through links, hard
 * links and a different case of letters, and also a file that is standard input.
 *
 * @param inputs files; `-` is standard input. Missing ones are ignored
 * @param outputs names of the settings that name files to write
 * @throws UsageError if one names an input, or standard output, or two of them the same file
 */
export async function requireSeparateOutputs(
  values: Readonly<Record<string, unknown>>,
  inputs: readonly string[],
  outputs: readonly string[],
): Promise<void> {
  const seen = new Map<string, string>();
  for (const input of inputs) {
    const identity = await identityOf(input, true);
    if (identity !== undefined) seen.set(identity, input === "-" ? "standard input" : `the input ${input}`);
  }
  for (const flag of outputs) {
    const path = values[flag];
    if (path === "-") {
      throw new UsageError(
        `--${flag} should name a file, got -, which is standard input where files are read. Lines go to standard output ` +
          "where --output is left out",
      );
    }
    const identity = typeof path === "string" ? await identityOf(path, false) : undefined;
    if (identity === undefined) continue;
    const other = seen.get(identity);
    if (other !== undefined) {
      throw new UsageError(`--${flag} ${path} is the same file as ${other}: name another one`);
    }
    seen.set(identity, `--${flag}`);
  }
}

/** Device and inode of a regular file, the full path of one that doesn't exist yet, else undefined. */
async function identityOf(path: string, isInput: boolean): Promise<string | undefined> {
  try {
    const stats =
      isInput && path === "-"
        ? await promisify(fstat)(0, { bigint: true })
        : await promisify(stat)(path, { bigint: true });
    return stats.isFile() ? `${stats.dev}:${stats.ino}` : undefined;
  } catch {
    if (isInput) return undefined;
    const folder = await realpath(dirname(path)).catch(() => dirname(path));
    return join(folder, basename(path));
  }
}
