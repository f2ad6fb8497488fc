/** What a student is measured by while it learns, beside its loss on held-out sentences. */
import { resolvePrompt } from "../../encode/prompts.ts";
import { type TextRoles, textRoles } from "../../encode/text-roles.ts";
import { Embeddings } from "../../tensor/embeddings.ts";
import type { Tokenizer } from "../../tokenizer/tokenizer.ts";
import type { Learner } from "../learner/learner.ts";
import type { Student } from "../student/student.ts";

/** The embeddings of texts by the student as it is now, in the order of the texts: those that `encode` of the saved model gives. */
export type Embed = (texts: readonly string[], options?: EmbedTextsOptions) => Promise<Embeddings>;

export interface EmbedTextsOptions {
  /** Put before every text. Default: the model's default prompt, if it has one. */
  readonly prompt?: string | undefined;
  /** What the texts are, where the model cuts those to a length of their own. */
  readonly task?: "query" | "document" | undefined;
}

export interface TrainingEvaluator {
  /** What it measures: `STS-B dev`. */
  readonly name: string;
  /**
   * @param roles the student's prompts: options of `evaluate` of `hpd/evaluation`, which then embeds queries and documents as
   *   such
   * @returns a score: higher is better
   */
  evaluate(embed: Embed, roles: TextRoles): Promise<number>;
}

/** Of a student, how it takes texts. */
export type TextInput = Pick<Student, "prompts" | "limits" | "promptLength"> & {
  readonly tokenizer: Pick<Tokenizer, "encode">;
};

export function rolesOf({ prompts, limits }: TextInput): TextRoles {
  return textRoles(prompts, limits);
}

/** @param batchSize texts at once; texts of like length go together */
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

/** What a loop measures the student by, where there is an evaluator. @param batchSize as of `embedWith` */
export function scoreBy(
  evaluator: TrainingEvaluator | undefined,
  student: TextInput,
  batchSize: number,
): ((learner: Learner) => Promise<number>) | undefined {
  if (evaluator === undefined) return undefined;
  const roles = rolesOf(student);
  return (learner) => evaluator.evaluate(embedWith(learner, student, batchSize), roles);
}
