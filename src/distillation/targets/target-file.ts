/** The targets of many sentences in a file: any of them can be read, none need be in memory. */
import { ScratchFile } from "../../files/scratch-file.ts";

export class TargetFile {
  readonly #file: ScratchFile;
  readonly #dimension: number;

  private constructor(file: ScratchFile, dimension: number) {
    this.#file = file;
    this.#dimension = dimension;
  }

  static async create(folder: string, dimension: number): Promise<TargetFile> {
    return new TargetFile(await ScratchFile.create(folder), dimension);
  }

  /** @param targets [count, dimension] */
  append(targets: Float32Array): Promise<void> {
    return this.#file.append(new Uint8Array(targets.buffer, targets.byteOffset, targets.byteLength));
  }

  /** What was appended can be read only after this. */
  flush(): Promise<void> {
    return this.#file.flush();
  }

  /** @param rows in the order of appending. @returns [rows, dimension] */
  async read(rows: readonly number[]): Promise<Float32Array> {
    const size = 4 * this.#dimension;
    const targets = new Float32Array(rows.length * this.#dimension);
    const bytes = new Uint8Array(targets.buffer);
    const offsets = rows.map((row) => row * size);
    await this.#file.read(
      offsets,
      () => size,
      (index, row) => bytes.set(row, index * size),
    );
    return targets;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
