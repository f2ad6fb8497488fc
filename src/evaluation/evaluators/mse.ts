/**
 * Evaluates how close a student's embeddings are to a teacher's, of the same sentences or of their translations.
 * Source: `MSEEvaluator` of sentence-transformers: 100 times the mean squared error, negated so that higher is better.
 */
import { requireMethods, requireObject, requireStrings } from "../../common/arguments.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import type { Embeddings } from "../../tensor/embeddings.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import { mean } from "../statistics/mean.ts";

export interface TaughtSentences {
  /** Texts that the student encodes. */
  readonly sentences: readonly string[];
  /** Target embeddings: `[sentences, dimension]`. */
  readonly teacherEmbeddings: Embeddings;
}

export interface MSEOptions {
  readonly name?: string | undefined;
}

const mseOptions: OptionTable<MSEOptions> = { name: "string" };

export class MSEEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "MSE";
  readonly texts: TextsByRole;
  readonly #data: TaughtSentences;

  /** @throws HpdError `invalid_argument` for no sentences, or other than one teacher embedding per sentence */
  constructor(data: TaughtSentences, options: MSEOptions = {}) {
    const { name = "MSE" } = checkedOptions("MSEEvaluator", options, mseOptions);
    requireObject(`${name}: the data`, data, "{ sentences, teacherEmbeddings }");
    const { sentences, teacherEmbeddings } = data;
    requireStrings(`${name}: sentences`, sentences);
    requireMethods(`${name}: teacherEmbeddings`, teacherEmbeddings, ["row"], "Embeddings");
    if (sentences.length === 0 || teacherEmbeddings.count !== sentences.length) {
      throw new HpdError(
        "invalid_argument",
        `${name}: expected one teacher embedding per sentence and at least one, ` +
          `got ${teacherEmbeddings.count} for ${sentences.length} sentences`,
      );
    }
    this.name = name;
    this.texts = { sentence: sentences };
    this.#data = data;
  }

  /** Computes `negative_mse`. @throws HpdError `invalid_argument` if the dimensions of student and teacher differ */
  async evaluate(embeddings: EmbeddingLookup): Promise<Evaluation> {
    const { sentences, teacherEmbeddings: teacher } = this.#data;
    if (embeddings.dimension !== teacher.dimension) {
      throw new HpdError(
        "invalid_argument",
        `${this.name}: expected embeddings of the teacher's dimension ${teacher.dimension}, got ${embeddings.dimension}`,
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
