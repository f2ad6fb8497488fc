/** Runs the texts of a batch through the student: in micro-batches, on all threads. */
import type { NamedTensors } from "../../runtime/session.ts";
import { type Text, tokenInputs } from "./batch-texts.ts";
import type { LearnerThreads } from "./learner-threads.ts";
import type { InputsOf } from "./loss-inputs.ts";
import type { Evaluated, LearnerRequest } from "./messages.ts";
import { evenMicroBatches, microBatches, tokensAtOnce } from "./micro-batches.ts";
import { type Program, widthOf } from "./program.ts";

/** A thread's answer about some of the texts. */
interface Answered<Answer> {
  /** The indices of the texts, in the order of the answer. */
  readonly members: readonly number[];
  readonly answer: Answer;
}

export interface RunnerOptions {
  readonly padId: number;
  /** Whether a batch may be divided; a loss of one column that compares its texts needs the whole batch in one run. */
  readonly isDivisible: boolean;
}

export class StudentRunner {
  readonly #program: Program;
  readonly #threads: LearnerThreads;
  readonly #options: RunnerOptions;
  readonly #tokensAtOnce: number;

  constructor(program: Program, threads: LearnerThreads, options: RunnerOptions) {
    this.#program = program;
    this.#threads = threads;
    this.#options = options;
    this.#tokensAtOnce = tokensAtOnce(denseShapes(program));
  }

  /**
   * Divides texts among the threads; the first thread always has some.
   *
   * @param more inputs of a micro-batch beside its tokens
   * @returns the answers, by thread
   */
  async run<Answer>(
    texts: readonly Text[],
    more: InputsOf,
    request: (microBatches: NamedTensors[], thread: number) => LearnerRequest,
  ): Promise<Answered<Answer>[]> {
    const shares = this.#divided(texts.map(({ ids }) => ids.length));
    const inputs = shares.map((share) =>
      share.map((members) => {
        const own = members.map((text) => texts[text]!);
        return { ...tokenInputs(own, this.#program, this.#options.padId), ...more(members) };
      }),
    );
    const answers = await this.#threads.ask((thread) => request(inputs[thread]!, thread), shares.length);
    return shares.map((share, thread) => ({ members: share.flat(), answer: answers[thread] as Answer }));
  }

  /** @returns what the student gives for the texts, lower layers included: [texts, width] */
  async embed(
    texts: readonly Text[],
    more: InputsOf,
    request: (thread: number) => { readonly type: "evaluate" } | { readonly type: "embed"; readonly seed: number },
  ): Promise<Float32Array> {
    const width = widthOf(this.#program);
    const embeddings = new Float32Array(texts.length * width);
    const answers = await this.run<Evaluated>(texts, more, (microBatches, thread) => ({
      ...request(thread),
      microBatches,
    }));
    for (const { members, answer } of answers) {
      for (const [row, text] of members.entries()) {
        embeddings.set(answer.embeddings.subarray(row * width, (row + 1) * width), text * width);
      }
    }
    return embeddings;
  }

  /** @returns for each thread its micro-batches, as indices of the texts */
  #divided(lengths: readonly number[]): number[][][] {
    if (!this.#options.isDivisible) return [[[...lengths.keys()]]];
    const divide = this.#program.gradCache === undefined ? microBatches : evenMicroBatches;
    return divide(lengths, this.#threads.count, this.#tokensAtOnce);
  }
}

function denseShapes({ parameters, frozen }: Program): (readonly number[])[] {
  return [...parameters, ...frozen].flatMap(({ ids, tensor }) => (ids === undefined ? [tensor.shape] : []));
}
