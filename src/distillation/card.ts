/** The card of a student that was distilled. */

import { basename } from "node:path";
import { grouped } from "../common/numbers.ts";
import { embeddingKind } from "../publishing/card/card-kind.ts";
import { modelCard, type TrainingSummary } from "../publishing/card/model-card.ts";
import { nameOf, type Origin, readOrigin } from "../publishing/card/origins.ts";
import type { Score } from "../training/run/score.ts";
import type { PreparedEvent } from "./events.ts";
import { identityOf, type Recipe } from "./options.ts";

export interface DistillationCard {
  /** The name of the model: that of its folder. */
  readonly name: string;
  readonly recipe: Recipe;
  readonly origins: readonly Origin[];
  readonly prepared: PreparedEvent;
  /** Maximum tokens per text. */
  readonly maxSeqLength: number;
  readonly training: TrainingSummary;
  readonly scores: readonly Score[];
  /** The version of this library. */
  readonly version: string;
}

/** The models that a student derives from. @throws the signal's reason */
export async function readOrigins(
  { teachers, student }: Pick<Recipe, "teachers" | "student">,
  signal?: AbortSignal,
): Promise<Origin[]> {
  return await Promise.all([
    ...teachers.map((teacher) => readOrigin("teacher", teacher.model, teacher, signal)),
    student.tokenizer === undefined
      ? readOrigin("student", student.model, student, signal)
      : readOrigin("tokenizer", student.tokenizer, student, signal),
  ]);
}

/** README.md of the student. */
export function distillationCard({ recipe, prepared, ...card }: DistillationCard): string {
  const { counts, teacherDimension, dimension, explainedVariance, parameters } = prepared;
  const teachers = recipe.teachers.map(({ model }) => nameOf(model, card.origins)).join(" and ");
  const variance = `${(100 * explainedVariance).toFixed(1)} %`;
  return modelCard({
    ...card,
    tags: ["knowledge-distillation"],
    summary: `This is a [sentence-transformers](https://www.sbert.net) model: it maps texts to vectors of ${dimension}
dimensions, which are compared by their cosine. Their length is not 1: for a store that ranks by dot product, scale
them (\`normalizeEmbeddings: true\`, in Python \`normalize_embeddings=True\`). It was made with hpd by Homomorphic
Projective Distillation: it learnt to give a linear projection of the embeddings of ${teachers}.`,
    kind: embeddingKind(dimension),
    parameters,
    data: [
      ["files", recipe.sentences.map(({ path }) => basename(path)).join(", ")],
      ["sentences in them", grouped(counts.read)],
      ["left out: empty, too long, twice", [counts.empty, counts.tooLong, counts.duplicates].map(grouped).join(", ")],
      ...(counts.augmented > 0 ? [["added by augmentation", grouped(counts.augmented)] as const] : []),
      ["trained on", grouped(counts.train)],
      ["held out for validation", grouped(counts.validation)],
      ["dimensions of the teacher", grouped(teacherDimension)],
      ["variance that the projection keeps", variance],
    ],
    recipe: identityOf(recipe),
    madeBy: "distill",
    limits: [
      `It learnt to imitate, and from these sentences only: in other languages and other fields it may be far from its
  teacher, and it has its teacher's biases.`,
      `The projection to ${dimension} dimensions keeps ${variance} of the variance of the teacher's embeddings.`,
    ],
    citation,
  });
}

const citation = `@inproceedings{zhao-etal-2022-compressing,
  title = {Compressing Sentence Representation for Semantic Retrieval via Homomorphic Projective Distillation},
  author = {Zhao, Xuandong and Yu, Zhiguo and Wu, Ming and Li, Lei},
  booktitle = {Findings of the Association for Computational Linguistics: ACL 2022},
  year = {2022},
}`;
