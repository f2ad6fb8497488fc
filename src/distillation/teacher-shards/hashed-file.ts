/** A new file of a folder, and the hash of what it holds. */
import { createHash, type Hash } from "node:crypto";
import { streamOf } from "../../storage/byte-reader.ts";
import type { NewFile, OutputFolder } from "../../storage/output-folder.ts";

export interface FileHash {
  readonly bytes: number;
  readonly sha256: string;
}

export class HashedFile {
  readonly #folder: OutputFolder;
  readonly #name: string;
  readonly #file: NewFile;
  readonly #hash: Hash = createHash("sha256");
  #bytes = 0;

  constructor(folder: OutputFolder, name: string, file: NewFile) {
    this.#folder = folder;
    this.#name = name;
    this.#file = file;
  }

  async append(bytes: Uint8Array): Promise<void> {
    this.#hash.update(bytes);
    this.#bytes += bytes.length;
    await this.#file.append(bytes);
  }

  /** @returns what the folder has by now: this, or what another process had finished before */
  async finish(signal: AbortSignal): Promise<FileHash> {
    if (await this.#file.finishFirst()) return { bytes: this.#bytes, sha256: this.#hash.digest("hex") };
    const reader = await this.#folder.open(this.#name, signal);
    try {
      const hash = createHash("sha256");
      for await (const bytes of streamOf(reader)) hash.update(bytes);
      return { bytes: reader.size, sha256: hash.digest("hex") };
    } finally {
      await reader.close();
    }
  }

  async abort(): Promise<void> {
    await this.#file.abort().catch(() => {});
  }
}
