/**
 * How far a student's embeddings are from a teacher's, of the same sentences or of their translations.
 * Source: `MSEEvaluator` of sentence-transformers: 100 times the mean squared difference, negated so that more is better.
 */
import { HpdError } from "../../errors.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import { mean } from "../statistics/mean.ts";

export interface TaughtSentences {
  /** What the student encodes. */
  readonly sentences: readonly string[];
  /** `[sentences, dimension]`: what it should give. */
  readonly teacherEmbeddings: Embeddings;
}

export class MSEEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "MSE";
  readonly texts: TextsByRole;
  readonly #data: TaughtSentences;

  /** @throws HpdError `invalid_argument` for no sentences, or other than one embedding of the teacher a sentence */
  constructor(data: TaughtSentences, { name = "MSE" }: { name?: string } = {}) {
    const { sentences, teacherEmbeddings } = data;
    if (sentences.length === 0 || teacherEmbeddings.count !== sentences.length) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected an embedding of the teacher for each sentence and at least one, ` +
          `got ${teacherEmbeddings.count} and ${sentences.length}`,
      );
    }
    this.name = name;
    this.texts = { sentence: sentences };
    this.#data = data;
  }

  /** `negative_mse`. @throws HpdError `invalid_argument` where the dimensions of student and teacher differ */
  async evaluate(embeddings: EmbeddingLookup): Promise<Evaluation> {
    const { sentences, teacherEmbeddings: teacher } = this.#data;
    if (embeddings.dimension !== teacher.dimension) {
      throw new HpdError(
        "invalid_argument",
        `${this.name}: the teacher's embeddings have dimension ${teacher.dimension}, the model's ${embeddings.dimension}`,
      );
    }
    const student = embeddings.of(sentences);
    const negativeErrors = Float64Array.from(student, (row, index) => {
      const target = teacher.row(index);
      return (-100 * row.reduce((sum, value, column) => sum + (value - target[column]!) ** 2, 0)) / row.length;
    });
    return {
      name: this.name,
      type: this.type,
      mainMetric: "negative_mse",
      scores: { negative_mse: mean(negativeErrors) },
      count: sentences.length,
      resampling: { itemScores: [negativeErrors], range: [Number.NEGATIVE_INFINITY, 0] },
    };
  }
}
