/** Small files of a model, read whole. */
import { HpdError } from "../errors.ts";
import type { ModelSource } from "./model-source.ts";

/** Maximum bytes of a config: a larger file of such a name is something else. */
export const maxTextBytes = 64 * 1024 * 1024;

export async function readBytes(source: ModelSource, file: string): Promise<Uint8Array> {
  const bytes = await source.open(file);
  try {
    if (bytes.size > maxTextBytes) {
      throw new HpdError("corrupt_file", `${bytes.name} should have at most ${maxTextBytes} bytes, got ${bytes.size}`);
    }
    return await bytes.read(0, bytes.size);
  } finally {
    await bytes.close();
  }
}

export async function readText(source: ModelSource, file: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(source, file));
}
