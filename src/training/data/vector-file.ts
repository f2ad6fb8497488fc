/** A file of vectors by index, none of which need be in memory. */
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

  /** Makes the appended vectors readable. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** Reads vectors by their indices: [indices, dimension]. */
  async read(indices: readonly number[]): Promise<Float32Array> {
    const size = 4 * this.#dimension;
    const vectors = new Float32Array(indices.length * this.#dimension);
    const bytes = new Uint8Array(vectors.buffer);
    const offsets = indices.map((index) => index * size);
    await this.#file.read(
      offsets,
      () => size,
      (at, vector) => bytes.set(vector, at * size),
    );
    return vectors;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
