/** The version of this library, as the command line, cards of models and the server of assistants state it. */
import { readFile } from "node:fs/promises";

export async function packageVersion(): Promise<string> {
  // As far up from src/ as from dist/.
  return JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8")).version;
}
