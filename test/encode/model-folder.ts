/** Model folders for tests: a fixture with some of its files replaced, in a temporary folder. */
import { cpSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/models/${name}`, import.meta.url));
}

/** @param files what replaces a file: bytes or text as they are, anything else as JSON; null removes it */
export async function withFiles(
  model: string,
  files: Readonly<Record<string, unknown>>,
): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), "hpd-model-"));
  // About half the work of the asynchronous one.
  cpSync(fixture(model), path, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    const isRaw = typeof content === "string" || content instanceof Uint8Array;
    if (content === null) {
      await rm(join(path, file), { recursive: true });
      continue;
    }
    await mkdir(dirname(join(path, file)), { recursive: true });
    await writeFile(join(path, file), isRaw ? content : JSON.stringify(content));
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
