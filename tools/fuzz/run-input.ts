/** Reads one input of a target: nothing to say, or what is wrong with how it was read. */
import { HpdError } from "../../src/errors.ts";
import { Random } from "../../src/random.ts";
import type { Input, Target } from "./target.ts";

export function inputOf({ input, name }: Target, seed: number, index: number): Input {
  return input(Random.fromText(`${name} ${seed} ${index}`));
}

/** @returns a finding, or undefined where the input was read or refused as it should be */
export async function problemOf(input: Input): Promise<string | undefined> {
  try {
    await input.read();
  } catch (error) {
    if (!(error instanceof HpdError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
    if (error.message.length > 3_000) return `a message of ${error.message.length} characters`;
  }
  return undefined;
}
