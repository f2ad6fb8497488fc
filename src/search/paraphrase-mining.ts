/**
 * The most similar pairs of a set of texts.
 * Source: `paraphrase_mining_embeddings` of sentence-transformers. There, equal scores come in any order; here the pair
 * with the lower positions first.
 *
 * Memory, beside the embeddings and the pairs: 30 bytes for each of `maxPairs`, 8 for each text, and the hits of 2,048
 * texts.
 */

import { requireOneOf, requirePositiveInteger } from "../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { Yielder } from "../common/yielder.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { similarityFunctions } from "../similarity/similarity.ts";
import { rowsBetween } from "../tensor/rows.ts";
import { allocate, requireAllFinite } from "./arguments.ts";
import { BestPairs, type ParaphrasePair } from "./best-pairs.ts";
import { FloatSearch } from "./float-search.ts";
import { type SemanticSearchOptions, searchHints, semanticSearchOptions } from "./semantic-search.ts";
import { type SearchHit, TopK } from "./top-k.ts";

export interface ParaphraseMiningOptions extends SemanticSearchOptions {
  /** Maximum number of pairs. Default: 500,000. */
  readonly maxPairs?: number | undefined;
  /** Maximum number of others that each text is paired with. Default: 100. */
  readonly topK?: number | undefined;
}

const paraphraseMiningOptions: OptionTable<ParaphraseMiningOptions> = { ...semanticSearchOptions, maxPairs: "number" };

const queriesAtOnce = 2048;

/**
 * The most similar pairs, each once, the best first.
 *
 * @throws HpdError as `semanticSearch`
 */
export async function paraphraseMining(
  embeddings: EmbeddingsLike,
  options: ParaphraseMiningOptions = {},
): Promise<ParaphrasePair[]> {
  checkedOptions("paraphraseMining", options, paraphraseMiningOptions, searchHints);
  const { maxPairs = 500_000, topK = 100, similarityFunction = "cosine", signal } = options;
  requireOneOf("similarityFunction", similarityFunction, similarityFunctions);
  requirePositiveInteger("maxPairs", maxPairs);
  requirePositiveInteger("topK", topK);
  const yielder = new Yielder(signal);
  const given = asEmbeddings(embeddings);
  // Checked here, so that messages have positions: below, the embeddings are both queries and corpus.
  await requireAllFinite(given, yielder);
  const { count, dimension } = given;
  const most = Math.min(topK, count);
  const pairs = allocate(
    `maxPairs ${maxPairs} of ${count} texts with ${topK} others each`,
    () => new BestPairs(maxPairs, count * most),
  );
  const last = new LastHits(count);
  const search = new FloatSearch(similarityFunction, dimension, yielder);
  try {
    for (let start = 0; start < count; start += queriesAtOnce) {
      const end = Math.min(start + queriesAtOnce, count);
      const texts = rowsBetween(given, start, end);
      // One more, since every text is most similar to itself.
      const best = allocate(`topK ${topK}`, () => new TopK(texts.count, Math.min(most + 1, count), pairs.floor));
      await search.search(texts, given, 0, best);
      for (let text = start; text < end; text++) {
        const hits = best.hits(text - start).filter(({ corpusId }) => corpusId !== text);
        hits.length = Math.min(hits.length, topK);
        if (hits.length === topK) last.set(text, hits.at(-1)!);
        for (const { corpusId: other, score } of hits) {
          // A pair that the lower of its texts has found is there already.
          if (other > text) pairs.add({ score, first: text, second: other });
          else if (!last.reaches(other, { corpusId: text, score })) pairs.add({ score, first: other, second: text });
        }
        if (yielder.isDue) await yielder.yield();
      }
    }
  } finally {
    await search.dispose();
  }
  return await pairs.sorted(yielder);
}

/** The worst hit of each text that has `topK` of them. */
class LastHits {
  readonly #scores: Float32Array;
  readonly #ids: Uint32Array;

  constructor(count: number) {
    this.#scores = new Float32Array(count).fill(Number.NEGATIVE_INFINITY);
    this.#ids = new Uint32Array(count);
  }

  set(text: number, { corpusId, score }: SearchHit): void {
    this.#scores[text] = score;
    this.#ids[text] = corpusId;
  }

  /** Whether a hit is at least as good as the text's last one. */
  reaches(text: number, { corpusId, score }: SearchHit): boolean {
    const last = this.#scores[text]!;
    return score > last || (score === last && corpusId <= this.#ids[text]!);
  }
}
