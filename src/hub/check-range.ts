/** The rule of `ByteSource.read`: a range lies inside the file, or nothing is allocated and nothing is read. */
import { HpdError } from "../errors.ts";

/** @throws HpdError `corrupt_file`: offsets come from inside the file, so a bad one means a cut or hostile file. */
export function checkRange(name: string, size: number, offset: number, length: number): void {
  const counts = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!counts || offset + length > size) {
    throw new HpdError(
      "corrupt_file",
      `${name} has ${size} bytes; ${length} bytes from ${offset} were asked for, which are not all inside. ` +
        "The file is cut or damaged: get it again.",
    );
  }
}
