/** A teacher whose embeddings are made once: what the cache has isn't computed again. */
import { join } from "node:path";
import { textHashes } from "../corpus/text-hash.ts";
import { cacheName, EmbeddingCache } from "./embedding-cache.ts";
import { piecesOf } from "./pieces.ts";
import { Teacher } from "./teacher.ts";
import type { TeacherOpening, TeacherOptions } from "./teacher-options.ts";

export class CachedTeacher {
  readonly #teacher: Teacher;
  readonly #cache: EmbeddingCache;

  private constructor(teacher: Teacher, cache: EmbeddingCache) {
    this.#teacher = teacher;
    this.#cache = cache;
  }

  /**
   * @throws HpdError as `SentenceTransformer.load` does; `invalid_argument` where the folder can't be used; the
   *   signal's reason
   */
  static async open(options: TeacherOptions, opening: TeacherOpening): Promise<CachedTeacher> {
    const { folder, precision, onWarning } = opening;
    const teacher = await Teacher.open(options, opening);
    try {
      const own = join(folder, cacheName(teacher.fingerprint, precision));
      return new CachedTeacher(teacher, await EmbeddingCache.open(own, teacher.dimension, precision, onWarning));
    } catch (error) {
      await teacher.dispose();
      throw error;
    }
  }

  get fingerprint(): string {
    return this.#teacher.fingerprint;
  }

  get dimension(): number {
    return this.#teacher.dimension;
  }

  /**
   * @param texts a window of all, see `pieces.ts`
   * @param onDone called with the number of further texts whose embeddings are in the cache
   * @returns [texts, dimension] of length 1, rounded to the precision of the cache whether they were there or not
   * @throws HpdError as `encode` and `EmbeddingCache.append` do
   */
  async embed(texts: readonly string[], signal: AbortSignal, onDone: (count: number) => void): Promise<Float32Array> {
    const hashes = textHashes(texts);
    const { embeddings, missing } = await this.#cache.read(hashes);
    onDone(texts.length - missing.length);
    for (const places of piecesOf(texts, missing)) {
      const piece = places.map((place) => texts[place]!);
      const encoded = await this.#teacher.embed(piece, signal);
      const stored = await this.#cache.append(textHashes(piece), encoded);
      for (const [index, place] of places.entries()) {
        embeddings.set(stored.subarray(index * this.dimension, (index + 1) * this.dimension), place * this.dimension);
      }
      onDone(places.length);
    }
    return embeddings;
  }

  /** Whether the cache has the text's embedding. */
  has(text: string): boolean {
    return this.#cache.has(textHashes([text]), 0);
  }

  async dispose(): Promise<void> {
    await this.#teacher.dispose();
    await this.#cache.close();
  }
}
