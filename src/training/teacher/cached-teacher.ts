/** A teacher whose embeddings are made once: what the cache has isn't computed again. */
import { join } from "node:path";
import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { HpdError } from "../../errors.ts";
import { hashWords, writeTextHash } from "../data/text-hash.ts";
import { defined } from "../optional.ts";
import { EmbeddingCache } from "./embedding-cache.ts";
import { fingerprintTeacher } from "./fingerprint.ts";
import type { StoredPrecision, TeacherOptions } from "./teacher-options.ts";

export class CachedTeacher {
  readonly fingerprint: string;
  readonly #name: string;
  readonly #model: SentenceTransformer;
  readonly #prompts: Pick<TeacherOptions, "prompt" | "promptName">;
  readonly #cache: EmbeddingCache;

  private constructor(options: TeacherOptions, fingerprint: string, model: SentenceTransformer, cache: EmbeddingCache) {
    this.fingerprint = fingerprint;
    this.#name = options.model;
    this.#prompts = { prompt: options.prompt, promptName: options.promptName };
    this.#model = model;
    this.#cache = cache;
  }

  /**
   * @param folder of all teachers' embeddings: each teacher and precision has its own inside
   * @throws HpdError as `SentenceTransformer.load` does; `invalid_argument` where the folder can't be used; the
   *   signal's reason
   */
  static async open(
    options: TeacherOptions,
    folder: string,
    precision: StoredPrecision,
    signal: AbortSignal,
    onWarning: (message: string) => void,
  ): Promise<CachedTeacher> {
    const fingerprint = await fingerprintTeacher(options, signal);
    const { model: name, weight: _, prompt: _prompt, promptName: _promptName, ...loadOptions } = options;
    const model = await SentenceTransformer.load(name, { ...defined(loadOptions), signal, onWarning });
    try {
      const own = join(folder, `${fingerprint}-${precision}`);
      return new CachedTeacher(
        options,
        fingerprint,
        model,
        await EmbeddingCache.open(own, model.dimension, precision, onWarning),
      );
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  get dimension(): number {
    return this.#model.dimension;
  }

  /**
   * @returns [texts, dimension] of length 1, rounded to the precision of the cache whether they were there or not
   * @throws HpdError `runtime` where an embedding isn't finite; as `encode` and `EmbeddingCache.append` do
   */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array> {
    const hashes = new Uint32Array(texts.length * hashWords);
    for (const [index, text] of texts.entries()) writeTextHash(text, hashes, index * hashWords);
    const { embeddings, missing } = await this.#cache.read(hashes);
    if (missing.length === 0) return embeddings;
    const encoded = await this.#model.encode(
      missing.map((place) => texts[place]!),
      { ...defined(this.#prompts), normalizeEmbeddings: true, signal },
    );
    for (const [index, embedding] of [...encoded].entries()) {
      if (embedding.every(Number.isFinite)) continue;
      throw new HpdError(
        "runtime",
        `${this.#name} gives an embedding that isn't finite for ${JSON.stringify(texts[missing[index]!])}: ` +
          "such a teacher can't be learned from",
      );
    }
    const missingHashes = new Uint32Array(missing.length * hashWords);
    for (const [index, place] of missing.entries()) {
      missingHashes.set(hashes.subarray(place * hashWords, (place + 1) * hashWords), index * hashWords);
    }
    const stored = await this.#cache.append(missingHashes, encoded.data);
    for (const [index, place] of missing.entries()) {
      embeddings.set(stored.subarray(index * this.dimension, (index + 1) * this.dimension), place * this.dimension);
    }
    return embeddings;
  }

  /** Whether the cache has the text's embedding. */
  has(text: string): boolean {
    const hash = new Uint32Array(hashWords);
    writeTextHash(text, hash, 0);
    return this.#cache.has(hash, 0);
  }

  async dispose(): Promise<void> {
    await this.#model.dispose();
    await this.#cache.close();
  }
}
