/** An engine in its own process, spoken to as `engines/serve.ts` says. */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Answer } from "./engines/serve.ts";

export class EngineProcess {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #name: string;

  constructor(name: string, command: readonly string[]) {
    this.#name = name;
    this.#child = spawn(command[0]!, command.slice(1), {
      stdio: ["pipe", "pipe", "inherit"],
      // ONNX Runtime's, which other engines leave on.
      env: { ORT_DISABLE_TELEMETRY: "1", ...process.env },
    });
    this.#child.on("error", (error) => console.error(`${name}: ${error.message}`));
    this.#lines = createInterface({ input: this.#child.stdout! })[Symbol.asyncIterator]();
  }

  /** The next answer; the first one comes by itself when the engine has made its first vector. */
  async answer(): Promise<Answer> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`${this.#name}: expected an answer, the process ended (its error is above)`);
      if (value.startsWith("{")) return JSON.parse(value);
    }
  }

  ask(command: string, request: object = {}): Promise<Answer> {
    this.#child.stdin!.write(`${JSON.stringify({ command, ...request })}\n`);
    return this.answer();
  }

  /** In the middle of its work. */
  kill(): void {
    this.#child.kill("SIGKILL");
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    await exit;
  }
}
