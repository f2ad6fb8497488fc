/** Outputs that would take the place of what a command reads, or of each other. */
import { fstat, stat } from "node:fs";
import { realpath } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Flags, stringFlag, UsageError } from "../command.ts";

/**
 * Compared by what they are, not by how they are called: through links, hard links and another case of letters, too, and a
 * file that is standard input.
 *
 * @param inputs files; `-` is standard input. What isn't there is passed over
 * @param outputs the flags that name files to write
 * @throws UsageError where a flag names an input, or two of them the same file
 */
export async function requireSeparateOutputs(
  flags: Flags,
  inputs: readonly string[],
  outputs: readonly string[],
): Promise<void> {
  const seen = new Map<string, string>();
  for (const input of inputs) {
    const identity = await identityOf(input, true);
    if (identity !== undefined) seen.set(identity, input === "-" ? "standard input" : `the input ${input}`);
  }
  for (const flag of outputs) {
    const path = stringFlag(flags, flag);
    const identity = path === undefined ? undefined : await identityOf(path, false);
    if (identity === undefined) continue;
    const other = seen.get(identity);
    if (other !== undefined) {
      throw new UsageError(`--${flag} ${path} is the same file as ${other}: name another one`);
    }
    seen.set(identity, `--${flag}`);
  }
}

/** The place on the disk of a regular file, the whole path of one that isn't there yet, else undefined. */
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
