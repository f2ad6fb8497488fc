/** A store of texts by index, outside of the heap: their UTF-8 in a file, and 8 bytes of memory for each. */
import { ScratchFile } from "../../files/scratch-file.ts";
import { GrowingArray } from "./growing-array.ts";

export class TextStore {
  readonly #file: ScratchFile;
  /** End of each text, in bytes. */
  readonly #ends = new GrowingArray((length) => new Float64Array(length));

  private constructor(file: ScratchFile) {
    this.#file = file;
  }

  static async create(folder: string): Promise<TextStore> {
    return new TextStore(await ScratchFile.create(folder));
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Size of all texts in UTF-8. */
  get byteLength(): number {
    return this.#file.size;
  }

  async append(text: string): Promise<void> {
    await this.#file.append(Buffer.from(text));
    this.#ends.push(this.#file.size);
  }

  /** Makes the appended texts readable. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** Reads texts by their indices, in this order. */
  async read(indices: ArrayLike<number>): Promise<string[]> {
    const start = (index: number) => (index === 0 ? 0 : this.#ends.at(index - 1));
    const texts = new Array<string>(indices.length);
    await this.#file.read(
      Float64Array.from(indices, start),
      (at) => this.#ends.at(indices[at]!) - start(indices[at]!),
      (at, bytes) => {
        texts[at] = bytes.toString();
      },
    );
    return texts;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
