/** The check of `ByteSource.read`: the range must lie inside the file, before anything is allocated or read. */
import { HpdError } from "../errors.ts";

/** @throws HpdError `corrupt_file`: offsets come from inside the file, so a bad one means a cut or hostile file. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  const counts = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!counts || offset + length > size) {
    throw new HpdError(
      "corrupt_file",
      `${name} has ${size} bytes, but ${length} bytes from ${offset} are needed. ` +
        "The file is cut or damaged: get it again",
    );
  }
}
