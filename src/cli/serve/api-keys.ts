/** The keys that requests need: of flags, of a file, of the environment. */
import { readFile } from "node:fs/promises";
import { HpdError } from "../../errors.ts";
import { type CommandContext, stringFlag } from "../command.ts";

/** @throws HpdError `not_found` for a file that can't be read, `invalid_argument` for one without a key */
export async function apiKeysOf({ flags }: CommandContext): Promise<string[]> {
  const given = (flags["api-key"] ?? []) as string[];
  const file = stringFlag(flags, "api-key-file");
  const environment = process.env.HPD_API_KEY;
  const keys = [...given, ...(file === undefined ? [] : await keysIn(file)), ...(environment ? [environment] : [])];
  // An empty key, of a variable that isn't set, would be none.
  if (keys.every((key) => key !== "" && !/\s/.test(key))) return keys;
  throw new HpdError("invalid_argument", "an API key should be one word that is not empty");
}

async function keysIn(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw new HpdError("not_found", `${file} can't be read: ${(cause as Error).message}`, { cause });
  }
  const keys = text.split(/\r?\n/).flatMap((line) => line.trim() || []);
  if (keys.length > 0) return keys;
  throw new HpdError("invalid_argument", `${file} should have an API key a line, and has none`);
}
