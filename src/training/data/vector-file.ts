/** A vector for each of many rows in a file: any of them can be read, none need be in memory. */
import { ScratchFile } from "../../files/scratch-file.ts";

export class VectorFile {
  readonly #file: ScratchFile;
  readonly #dimension: number;

  private constructor(file: ScratchFile, dimension: number) {
    this.#file = file;
    this.#dimension = dimension;
  }

  static async create(folder: string, dimension: number): Promise<VectorFile> {
    return new VectorFile(await ScratchFile.create(folder), dimension);
  }

  /** @param vectors [count, dimension] */
  append(vectors: Float32Array): Promise<void> {
    return this.#file.append(new Uint8Array(vectors.buffer, vectors.byteOffset, vectors.byteLength));
  }

  /** What was appended can be read only after this. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** @param rows in the order of appending. @returns [rows, dimension] */
  async read(rows: readonly number[]): Promise<Float32Array> {
    const size = 4 * this.#dimension;
    const vectors = new Float32Array(rows.length * this.#dimension);
    const bytes = new Uint8Array(vectors.buffer);
    const offsets = rows.map((row) => row * size);
    await this.#file.read(
      offsets,
      () => size,
      (index, row) => bytes.set(row, index * size),
    );
    return vectors;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
