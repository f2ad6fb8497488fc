/** The stages of a command on stderr, each with its remaining time, and the seconds that each took. */
import { grouped } from "../common/numbers.ts";
import { type ProgressLine, type ProgressValues, progressLineFor, Rate } from "./progress.ts";
import { say } from "./terminal.ts";

export class Stages {
  readonly seconds: Record<string, number> = {};
  readonly #isQuiet: boolean;
  readonly #line: ProgressLine;
  #stage: string | undefined;
  #start = 0;
  #rate = new Rate();

  constructor(values: ProgressValues) {
    this.#isQuiet = values.quiet === true;
    this.#line = progressLineFor(values);
  }

  begin(stage: string): void {
    this.end();
    this.#stage = stage;
    this.#start = performance.now();
    this.#rate = new Rate();
  }

  /** Shows the progress of a stage, and begins it if it is a new one. */
  show(stage: string, done: number, total: number): void {
    if (stage !== this.#stage) this.begin(stage);
    this.#line.show(() => {
      const timeLeft = done < total ? this.#rate.timeLeft(done / total) : "";
      return `${stage}: ${grouped(done)} of ${grouped(total)}${timeLeft === "" ? "" : `, ${timeLeft} left`}`;
    });
  }

  end(): void {
    this.#line.clear();
    if (this.#stage !== undefined) {
      this.seconds[this.#stage] = Number(((performance.now() - this.#start) / 1000).toFixed(1));
    }
    this.#stage = undefined;
  }

  say(message: string): void {
    this.#line.clear();
    if (!this.#isQuiet) say(message);
  }
}
