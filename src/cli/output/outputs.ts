/** The outputs of a command, opened before the work, so that a path that can't be written is reported at once. */
export interface Output {
  /** Completes the output; a file gets its name only now. */
  finish(): Promise<void>;
  /** Removes the output. */
  abort(): Promise<void>;
}

/** Outputs that are all finished together, or else removed. */
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
    // The user should see the error that came before.
    for (const output of this.#opened) await output.abort().catch(() => {});
  }
}
