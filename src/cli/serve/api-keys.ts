/** The keys that requests need: from flags, a file and the environment. */
import { readFile } from "node:fs/promises";
import { cannotRead } from "../../common/file-errors.ts";
import { HpdError } from "../../errors.ts";
import type { Values } from "./settings.ts";

/** @throws HpdError `not_found` for a file that can't be read, `invalid_argument` for one without a key */
export async function apiKeysOf(values: Pick<Values, "api-key" | "api-key-file">): Promise<string[]> {
  const { "api-key": given = [], "api-key-file": file } = values;
  const environment = process.env.HPD_API_KEY;
  const keys = [...given, ...(file === undefined ? [] : await keysIn(file)), ...(environment ? [environment] : [])];
  // An empty key, from a variable that isn't set, would protect nothing.
  if (keys.every((key) => key !== "" && !/\s/.test(key))) return keys;
  throw new HpdError("invalid_argument", "an API key should be one word, got an empty text or one with spaces");
}

async function keysIn(file: string): Promise<string[]> {
  const text = await readFile(file, "utf8").catch((cause: Error) => {
    throw cannotRead(file, cause);
  });
  const keys = text.split(/\r?\n/).flatMap((line) => line.trim() || []);
  if (keys.length > 0) return keys;
  throw new HpdError("invalid_argument", `${file} should have one API key per line, got none`);
}
