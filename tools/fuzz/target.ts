/** What is fuzzed: makes an input out of random numbers, and reads it as a user's program would. */
import type { Random } from "../../src/random.ts";

export interface Target {
  readonly name: string;
  /**
   * The input number `index`, ready to be read. Whatever its reading throws but an HpdError is a finding, and so is a
   * result that can't be right, for which it throws.
   */
  input(random: Random): Input;
}

export interface Input {
  /** For a report: what it is, whole. */
  readonly shown: string;
  read(): Promise<void> | void;
}
