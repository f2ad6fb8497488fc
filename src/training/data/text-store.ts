/**
 * Many texts outside of the heap: their UTF-8 in a file, and 8 bytes of memory for each. A row is the number of a text,
 * in the order of appending.
 */
import { ScratchFile } from "../../files/scratch-file.ts";
import { Growing } from "./growing.ts";

export class TextStore {
  readonly #file: ScratchFile;
  /** Where each text ends. */
  readonly #ends = new Growing((length) => new Float64Array(length));

  private constructor(file: ScratchFile) {
    this.#file = file;
  }

  static async create(folder: string): Promise<TextStore> {
    return new TextStore(await ScratchFile.create(folder));
  }

  get count(): number {
    return this.#ends.length;
  }

  /** Of all texts. */
  get byteLength(): number {
    return this.#file.size;
  }

  async append(text: string): Promise<void> {
    await this.#file.append(Buffer.from(text));
    this.#ends.push(this.#file.size);
  }

  /** What was appended can be read only after this. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** The texts of these rows, in their order. */
  async read(rows: ArrayLike<number>): Promise<string[]> {
    const start = (row: number) => (row === 0 ? 0 : this.#ends.at(row - 1));
    const texts = new Array<string>(rows.length);
    await this.#file.read(
      Float64Array.from(rows, start),
      (index) => this.#ends.at(rows[index]!) - start(rows[index]!),
      (index, bytes) => {
        texts[index] = bytes.toString();
      },
    );
    return texts;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
