/** The outputs of a command, opened before the work, so that a path that can't be written shows at once. */
import { resolve } from "node:path";
import { type Flags, stringFlag, UsageError } from "../command.ts";

interface Output {
  finish(): Promise<void>;
  /** Leaves nothing behind. */
  abort(): Promise<void>;
}

/** Whole together: all are finished, or nothing is left of any that was not. */
export class Outputs implements AsyncDisposable {
  #opened: Output[] = [];

  async add<Opened extends Output>(opening: Promise<Opened>): Promise<Opened> {
    const output = await opening;
    this.#opened.push(output);
    return output;
  }

  async finish(): Promise<void> {
    for (const output of this.#opened) await output.finish();
    this.#opened = [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // What went wrong before is what the user should see.
    for (const output of this.#opened) await output.abort().catch(() => {});
  }
}

/** @throws UsageError where two flags name the same file */
export function requireDifferentFiles(flags: Flags, first: string, second: string): void {
  const [path, other] = [stringFlag(flags, first), stringFlag(flags, second)];
  if (path !== undefined && other !== undefined && resolve(path) === resolve(other)) {
    throw new UsageError(`--${first} and --${second} are both ${path}`);
  }
}
