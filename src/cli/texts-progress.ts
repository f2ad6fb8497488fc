/** The progress of a command that reads texts from a file and says at the end what became of them. */
import { type ProgressLine, type ProgressValues, progressLineFor, Rate } from "./progress.ts";
import { note } from "./terminal.ts";

export class TextsProgress {
  readonly rate = new Rate();
  readonly #line: ProgressLine;
  readonly #isQuiet: boolean;
  readonly #fraction: () => number | undefined;
  readonly #summary: () => string;

  /**
   * @param fraction of the file that is read, if known
   * @param summary of what is done so far
   */
  constructor(values: ProgressValues, fraction: () => number | undefined, summary: () => string) {
    this.#isQuiet = values.quiet === true;
    this.#line = progressLineFor(values);
    this.#fraction = fraction;
    this.#summary = summary;
  }

  show(): void {
    this.#line.show(() => {
      const timeLeft = this.rate.timeLeft(this.#fraction());
      return this.#summary() + (timeLeft === "" ? "" : `, ${timeLeft} left`);
    });
  }

  clear(): void {
    this.#line.clear();
  }

  /** Prints the summary. @param ending appended to it */
  finish(ending = ""): void {
    if (!this.#isQuiet) note(this.#summary() + ending);
  }
}
