/** A teacher whose embeddings are made once: what the cache has isn't computed again. */
import { join } from "node:path";
import { defined } from "../../common/optional.ts";
import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import { hashWords, writeTextHash } from "../corpus/text-hash.ts";
import { EmbeddingCache } from "./embedding-cache.ts";
import { fingerprintTeacher } from "./fingerprint.ts";
import type { TeacherOpening, TeacherOptions } from "./teacher-options.ts";

/** Texts embedded before they are written to the cache, the work that a kill may cost. */
const pieceSize = 1024;

export class CachedTeacher {
  readonly fingerprint: string;
  readonly #model: SentenceTransformer;
  readonly #prompts: Pick<TeacherOptions, "prompt" | "promptName">;
  readonly #cache: EmbeddingCache;

  private constructor(
    { prompt, promptName }: TeacherOptions,
    fingerprint: string,
    model: SentenceTransformer,
    cache: EmbeddingCache,
  ) {
    this.fingerprint = fingerprint;
    this.#prompts = { prompt, promptName };
    this.#model = model;
    this.#cache = cache;
  }

  /**
   * @throws HpdError as `SentenceTransformer.load` does; `invalid_argument` where the folder can't be used; the
   *   signal's reason
   */
  static async open(
    options: TeacherOptions,
    { folder, precision, signal, onWarning }: TeacherOpening,
  ): Promise<CachedTeacher> {
    const fingerprint = await fingerprintTeacher(options, signal);
    const { model: name, weight: _, prompt: _prompt, promptName: _promptName, ...loadOptions } = options;
    const model = await SentenceTransformer.load(name, { ...defined(loadOptions), signal, onWarning });
    try {
      // Of no texts, so that a prompt that the model doesn't have is refused now.
      await model.encode([], defined({ prompt: options.prompt, promptName: options.promptName }));
      const own = join(folder, `${fingerprint}-${precision}`);
      const cache = await EmbeddingCache.open(own, model.dimension, precision, onWarning);
      return new CachedTeacher(options, fingerprint, model, cache);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  get dimension(): number {
    return this.#model.dimension;
  }

  /**
   * @param onDone called with the number of further texts whose embeddings are in the cache
   * @returns [texts, dimension] of length 1, rounded to the precision of the cache whether they were there or not
   * @throws HpdError as `encode` and `EmbeddingCache.append` do
   */
  async embed(texts: readonly string[], signal: AbortSignal, onDone: (count: number) => void): Promise<Float32Array> {
    const hashes = new Uint32Array(texts.length * hashWords);
    for (const [index, text] of texts.entries()) writeTextHash(text, hashes, index * hashWords);
    const { embeddings, missing } = await this.#cache.read(hashes);
    onDone(texts.length - missing.length);
    // Texts of like length together: a piece then has as little padding as all of them would.
    missing.sort((a, b) => texts[b]!.length - texts[a]!.length);
    for (let start = 0; start < missing.length; start += pieceSize) {
      const places = missing.slice(start, start + pieceSize);
      const encoded = await this.#encode(
        places.map((place) => texts[place]!),
        signal,
      );
      const encodedHashes = new Uint32Array(places.length * hashWords);
      for (const [index, place] of places.entries()) {
        encodedHashes.set(hashes.subarray(place * hashWords, (place + 1) * hashWords), index * hashWords);
      }
      const stored = await this.#cache.append(encodedHashes, encoded.data);
      for (const [index, place] of places.entries()) {
        embeddings.set(stored.subarray(index * this.dimension, (index + 1) * this.dimension), place * this.dimension);
      }
      onDone(places.length);
    }
    return embeddings;
  }

  /** Whether the cache has the text's embedding. */
  has(text: string): boolean {
    const hash = new Uint32Array(hashWords);
    writeTextHash(text, hash, 0);
    return this.#cache.has(hash, 0);
  }

  async #encode(texts: readonly string[], signal: AbortSignal): Promise<Embeddings> {
    return this.#model.encode(texts, { ...defined(this.#prompts), normalizeEmbeddings: true, signal });
  }

  async dispose(): Promise<void> {
    await this.#model.dispose();
    await this.#cache.close();
  }
}
