/** Small files of a model, whole. */
import { HpdError } from "../errors.ts";
import type { ModelSource } from "./model-source.ts";

/** Configs are small; a larger file under such a name is something else. */
export const largestText = 64 * 1024 * 1024;

export async function readBytes(source: ModelSource, file: string): Promise<Uint8Array> {
  const bytes = await source.open(file);
  try {
    if (bytes.size > largestText) {
      throw new HpdError("corrupt_file", `${bytes.name} has ${bytes.size} bytes, too many for a file of its kind`);
    }
    return await bytes.read(0, bytes.size);
  } finally {
    await bytes.close();
  }
}

export async function readText(source: ModelSource, file: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(source, file));
}
