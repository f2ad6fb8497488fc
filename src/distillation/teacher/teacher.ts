/** A teacher: a model, how it is asked, and the name of what it answers. */
import { defined } from "../../common/optional.ts";
import { SentenceTransformer } from "../../encode/sentence-transformer.ts";
import { fingerprintTeacher } from "./fingerprint.ts";
import type { TeacherOpening, TeacherOptions } from "./teacher-options.ts";

export class Teacher {
  readonly fingerprint: string;
  readonly #model: SentenceTransformer;
  readonly #prompts: Pick<TeacherOptions, "prompt" | "promptName">;

  private constructor({ prompt, promptName }: TeacherOptions, fingerprint: string, model: SentenceTransformer) {
    this.fingerprint = fingerprint;
    this.#prompts = { prompt, promptName };
    this.#model = model;
  }

  /** @throws HpdError as `SentenceTransformer.load` does; the signal's reason */
  static async open(
    options: TeacherOptions,
    { signal, onWarning }: Pick<TeacherOpening, "signal" | "onWarning">,
  ): Promise<Teacher> {
    const fingerprint = await fingerprintTeacher(options, signal);
    const { model: name, weight: _, prompt, promptName, ...loadOptions } = options;
    const model = await SentenceTransformer.load(name, { ...defined(loadOptions), signal, onWarning });
    try {
      // Of no texts, so that a prompt that the model doesn't have is refused now.
      await model.encode([], defined({ prompt, promptName }));
      return new Teacher(options, fingerprint, model);
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  get dimension(): number {
    return this.#model.dimension;
  }

  /** [texts, dimension] of length 1: the same bits for the same texts in the same order. @throws HpdError as `encode` */
  async embed(texts: readonly string[], signal: AbortSignal): Promise<Float32Array> {
    const options = { ...defined(this.#prompts), normalizeEmbeddings: true, fixedBatches: true, signal };
    return (await this.#model.encode(texts, options)).data;
  }

  dispose(): Promise<void> {
    return this.#model.dispose();
  }
}
