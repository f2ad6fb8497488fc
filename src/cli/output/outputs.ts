/** The outputs of a command, opened before the work, so that a path that can't be written shows at once. */
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
