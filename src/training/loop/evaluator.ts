/** Evaluators of a student in training, beside its loss on held-out rows. */
import { describe } from "../../common/json.ts";
import { resolvePrompt } from "../../encode/prompts.ts";
import { type TextRoles, textRoles } from "../../encode/text-roles.ts";
import { HpdError } from "../../errors.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Learner } from "../learner/learner.ts";
import type { Student } from "../student/student.ts";

/**
 * Embeds texts with the student as it is now: the same embeddings, in the same order, as `encode` of the saved model.
 */
export type Embed = (texts: readonly string[], options?: EmbedTextsOptions) => Promise<Embeddings>;

export interface EmbedTextsOptions {
  /** The prompt before every text. Default: the model's default prompt, if it has one. */
  readonly prompt?: string | undefined;
  /** The kind of texts, for models with a maximum length for each kind. */
  readonly task?: "query" | "document" | undefined;
}

export interface TrainingEvaluator {
  /** The name of the measure, such as `STS-B dev`. */
  readonly name: string;
  /**
   * @param roles the student's prompts for queries and documents, as options of `evaluate` of `hpd/evaluation`
   * @returns a score: higher is better
   */
  evaluate(embed: Embed, roles: TextRoles): Promise<number>;
}

/** The part of a student that turns texts into tokens. */
export type TextInput = Pick<Student, "prompts" | "limits" | "promptLength"> & {
  readonly tokenizer: Pick<Tokenizer, "encode">;
};

export function rolesOf({ prompts, limits }: TextInput): TextRoles {
  return textRoles(prompts, limits);
}

/** @param batchSize texts per batch, sorted by length */
export function embedWith(learner: Learner, student: TextInput, batchSize: number): Embed {
  const { tokenizer, prompts, limits } = student;
  return async (texts, options = {}) => {
    const { dimension } = learner;
    const embeddings = new Embeddings(new Float32Array(texts.length * dimension), texts.length, dimension);
    const prompt = resolvePrompt(prompts, options.prompt);
    const promptLength = student.promptLength(prompt, limits.sentence);
    const maxLength = limits[options.task ?? "sentence"];
    const ids = texts.map((text) => tokenizer.encode(prompt + text, maxLength));
    const byLength = ids.map((_, index) => index).sort((a, b) => ids[a]!.length - ids[b]!.length);
    for (let start = 0; start < byLength.length; start += batchSize) {
      const indices = byLength.slice(start, start + batchSize);
      const batch = await learner.embed(
        indices.map((index) => ids[index]!),
        undefined,
        promptLength,
      );
      for (const [row, index] of indices.entries()) {
        embeddings.row(index).set(batch.subarray(row * dimension, (row + 1) * dimension));
      }
    }
    return embeddings;
  };
}

/** The score function of a loop; undefined without an evaluator. @param batchSize as of `embedWith` */
export function scoreBy(
  evaluator: TrainingEvaluator | undefined,
  student: TextInput,
  batchSize: number,
): ((learner: Learner) => Promise<number>) | undefined {
  if (evaluator === undefined) return undefined;
  const roles = rolesOf(student);
  return async (learner) =>
    requireScore(evaluator.name, await evaluator.evaluate(embedWith(learner, student, batchSize), roles));
}

/** The score, which is NaN where it is undefined. @throws HpdError `invalid_argument` where it is no number */
export function requireScore(evaluator: string, score: unknown): number {
  if (typeof score === "number") return score;
  throw new HpdError("invalid_argument", `the evaluator ${evaluator} should return a number, got ${describe(score)}`);
}
