/**
 * Many texts outside of the heap: their UTF-8 in a file, and 8 bytes of memory for each. A row is the number of a text,
 * in the order of appending.
 */
import { ScratchFile } from "../../files/scratch-file.ts";

export class TextStore {
  readonly #file: ScratchFile;
  /** Where each text ends. */
  #ends = new Float64Array(1024);
  #count = 0;

  private constructor(file: ScratchFile) {
    this.#file = file;
  }

  static async create(folder: string): Promise<TextStore> {
    return new TextStore(await ScratchFile.create(folder));
  }

  get count(): number {
    return this.#count;
  }

  /** Of all texts. */
  get byteLength(): number {
    return this.#file.size;
  }

  async append(text: string): Promise<void> {
    if (this.#count === this.#ends.length) {
      const ends = new Float64Array(2 * this.#count);
      ends.set(this.#ends);
      this.#ends = ends;
    }
    await this.#file.append(Buffer.from(text));
    this.#ends[this.#count++] = this.#file.size;
  }

  /** What was appended can be read only after this. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** The texts of these rows, in their order. */
  async read(rows: ArrayLike<number>): Promise<string[]> {
    const start = (row: number) => (row === 0 ? 0 : this.#ends[row - 1]!);
    const texts = new Array<string>(rows.length);
    await this.#file.read(
      Float64Array.from(rows, start),
      (index) => this.#ends[rows[index]!]! - start(rows[index]!),
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
