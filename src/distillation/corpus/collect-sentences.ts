/**
 * Keeps what is of use among the sentences of files, each once: not empty, not too long, equal to none before. White
 * space at the ends of a sentence is no part of it.
 */
import { yieldToEventLoop } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import type { TextStore } from "../../training/data/text-store.ts";
import type { SentenceFile } from "./corpus-options.ts";
import { HashIndex } from "./hash-index.ts";
import { sentencesOf } from "./sentence-files.ts";
import { hashWords, writeTextHash } from "./text-hash.ts";

/** Sentences between two yields to the event loop: a few milliseconds. */
const turnSentences = 1024;

export class SentenceCollector {
  readonly #texts: TextStore;
  readonly #maxCharacters: number;
  /** The number of a hash is the row of its text. */
  readonly #hashes = new HashIndex();
  readonly #hash = new Uint32Array(hashWords);
  readonly counts = { read: 0, empty: 0, tooLong: 0, duplicates: 0 };

  constructor(texts: TextStore, maxCharacters: number) {
    this.#texts = texts;
    this.#maxCharacters = maxCharacters;
  }

  /**
   * @param onProgress called with the number of sentences read from all files
   * @throws HpdError `invalid_argument` for a file without sentences
   */
  async addFile(file: SentenceFile, signal: AbortSignal, onProgress: (read: number) => void): Promise<void> {
    const before = this.counts.read - this.counts.empty;
    for await (const sentence of sentencesOf(file, signal)) {
      this.counts.read++;
      const outcome = await this.add(sentence);
      if (outcome !== "added") this.counts[outcome]++;
      if (this.counts.read % turnSentences !== 0) continue;
      await yieldToEventLoop();
      signal.throwIfAborted();
      onProgress(this.counts.read);
    }
    if (this.counts.read - this.counts.empty === before) {
      throw new HpdError("invalid_argument", `${file.path} holds no sentences: expected one a line, or one a row`);
    }
  }

  /** @returns what became of it */
  async add(sentence: string): Promise<"added" | "empty" | "tooLong" | "duplicates"> {
    const text = sentence.trim();
    if (text === "") return "empty";
    if (!this.#isShortEnough(text)) return "tooLong";
    writeTextHash(text, this.#hash, 0);
    if (this.#hashes.add(this.#hash, 0) < this.#texts.count) return "duplicates";
    await this.#texts.append(text);
    return "added";
  }

  /** The hash of a row's text: a view. */
  hash(row: number): Uint32Array {
    return this.#hashes.hash(row);
  }

  #isShortEnough(text: string): boolean {
    // A character outside the basic plane has two UTF-16 units.
    if (text.length <= this.#maxCharacters) return true;
    if (text.length > 2 * this.#maxCharacters) return false;
    let characters = 0;
    for (const _ of text) characters++;
    return characters <= this.#maxCharacters;
  }
}
