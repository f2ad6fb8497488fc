/** What a student is measured by while it learns, beside its loss on held-out sentences. */
import { Embeddings } from "../../tensor/embeddings.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Learner } from "../learner/learner.ts";

/** The embeddings of texts by the student as it is now, in the order of the texts. */
export type Embed = (texts: readonly string[]) => Promise<Embeddings>;

export interface Evaluator {
  /** What it measures: `STS-B dev`. */
  readonly name: string;
  /** @returns a score: higher is better */
  evaluate(embed: Embed): Promise<number>;
}

/** @param batchSize texts at once; texts of like length go together */
export function embedWith(learner: Learner, tokenizer: Pick<Tokenizer, "encode">, batchSize: number): Embed {
  return async (texts) => {
    const { dimension } = learner;
    const embeddings = new Embeddings(new Float32Array(texts.length * dimension), texts.length, dimension);
    const ids = texts.map((text) => tokenizer.encode(text));
    const byLength = ids.map((_, index) => index).sort((a, b) => ids[a]!.length - ids[b]!.length);
    for (let start = 0; start < byLength.length; start += batchSize) {
      const indices = byLength.slice(start, start + batchSize);
      const batch = await learner.embed(indices.map((index) => ids[index]!));
      for (const [row, index] of indices.entries()) {
        embeddings.row(index).set(batch.subarray(row * dimension, (row + 1) * dimension));
      }
    }
    return embeddings;
  };
}

/** What a loop measures the student by, where there is an evaluator. @param batchSize as of `embedWith` */
export function scoreBy(
  evaluator: Evaluator | undefined,
  tokenizer: Pick<Tokenizer, "encode">,
  batchSize: number,
): ((learner: Learner) => Promise<number>) | undefined {
  return evaluator && ((learner) => evaluator.evaluate(embedWith(learner, tokenizer, batchSize)));
}
