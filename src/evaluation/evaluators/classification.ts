/**
 * Evaluates how well a linear classifier on embeddings separates classes, given a few examples of each.
 * Source: MTEB's classification tasks: logistic regression on 8 examples per class, drawn 10 times; the score is the mean.
 * As there, a class with fewer examples contributes all it has, and texts of a class without examples count as wrong.
 */
import { requirePositiveInteger } from "../../common/arguments.ts";
import { describe } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { yieldToEventLoop } from "../../common/yielder.ts";
import { HpdError } from "../../errors.ts";
import { Random } from "../../random.ts";
import type { EmbeddingLookup, Evaluation, Evaluator, TextsByRole } from "../evaluator.ts";
import { macroF1 } from "../metrics/classification.ts";
import { LogisticRegression } from "../probes/logistic-regression.ts";
import { mean } from "../statistics/mean.ts";
import { type LabelledTexts, requireLabelledTexts } from "./clustering.ts";

export interface ClassificationOptions {
  readonly name?: string | undefined;
  /** Number of examples per class. Default: 8. */
  readonly samplesPerLabel?: number | undefined;
  /** Seed of the draws. Default: 0. */
  readonly seed?: number | undefined;
}

const draws = 10;

const classificationOptions: OptionTable<ClassificationOptions> = {
  name: "string",
  samplesPerLabel: "number",
  seed: "number",
};

export class ClassificationEvaluator implements Evaluator {
  readonly name: string;
  readonly type = "Classification";
  readonly texts: TextsByRole;
  readonly #drawn: readonly LabelledTexts[];
  readonly #test: LabelledTexts;

  /**
   * @throws HpdError `invalid_argument` for no test texts, fewer than two classes, a text without a label, or a number of
   *   examples that is no positive integer
   */
  constructor(train: LabelledTexts, test: LabelledTexts, options: ClassificationOptions = {}) {
    const {
      name = "Classification",
      samplesPerLabel = 8,
      seed = 0,
    } = checkedOptions("ClassificationEvaluator", options, classificationOptions);
    requirePositiveInteger("samplesPerLabel", samplesPerLabel);
    for (const [part, data] of Object.entries({ train, test })) {
      requireLabelledTexts(`${name}: ${part}`, data);
      const { texts, labels } = data;
      if (texts.length > 0 && texts.length === labels.length) continue;
      throw new HpdError(
        "invalid_argument",
        `${name}, ${part}: expected a label for each text and at least one, got ${labels.length} and ${texts.length}`,
      );
    }
    const classes = new Set(train.labels).size;
    if (classes < 2) {
      throw new HpdError(
        "invalid_argument",
        `${name}, train: expected two classes at least, got only ${describe(train.labels[0])}`,
      );
    }
    this.name = name;
    this.#drawn = Array.from({ length: draws }, (_, draw) =>
      drawExamples(train, samplesPerLabel, Random.fromText(`${seed} ${name} ${draw}`)),
    );
    this.#test = test;
    this.texts = { sentence: [...this.#drawn.flatMap(({ texts }) => texts), ...test.texts] };
  }

  /** `accuracy` and `f1`, the macro average over classes: means over the draws. */
  async evaluate(embeddings: EmbeddingLookup, signal?: AbortSignal): Promise<Evaluation> {
    const { texts, labels } = this.#test;
    const points = embeddings.of(texts);
    const isRight: Uint8Array[] = [];
    const f1: number[] = [];
    for (const examples of this.#drawn) {
      const classes = [...new Set(examples.labels)];
      const given = Int32Array.from(examples.labels, (label) => classes.indexOf(label));
      const model = LogisticRegression.fit(embeddings.of(examples.texts), given, classes.length);
      const predicted = Array.from(model.predict(points), (label) => classes[label]!);
      isRight.push(Uint8Array.from(predicted, (label, index) => (label === labels[index] ? 1 : 0)));
      f1.push(macroF1(labels, predicted));
      await yieldToEventLoop();
      signal?.throwIfAborted();
    }
    return {
      name: this.name,
      type: this.type,
      mainMetric: "accuracy",
      scores: { accuracy: mean(isRight.map(mean)), f1: mean(f1) },
      count: texts.length,
      resampling: { itemScores: isRight, range: [0, 1] },
    };
  }
}

/** Shuffles the texts and takes the first `samplesPerLabel` of each class. */
function drawExamples({ texts, labels }: LabelledTexts, samplesPerLabel: number, random: Random): LabelledTexts {
  const order = random.shuffle(Array.from(texts, (_, index) => index));
  const drawn = new Map<string, number>();
  const taken = order.filter((index) => {
    const count = drawn.get(labels[index]!) ?? 0;
    drawn.set(labels[index]!, count + 1);
    return count < samplesPerLabel;
  });
  return { texts: taken.map((index) => texts[index]!), labels: taken.map((index) => labels[index]!) };
}
