/** The program of a page: what its commands do, and what it should print. */
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { format } from "node:util";
import { runCommandLine } from "../../src/cli/command-line.ts";
import { type Outcome, outcomeOf } from "../cli/hpd-process.ts";
import { runHpd } from "../cli/run-hpd.ts";
import { partsOf } from "./command-lines.ts";
import { matches } from "./matches.ts";
import { npm } from "./npm.ts";
import { runProgram } from "./run-program.ts";

export interface Script {
  readonly script: string;
  /** What its commands print, where the page shows it. */
  readonly output?: string;
}

/**
 * Runs `page.ts` of a folder. It calls `commands`, `printed` and `ended`.
 *
 * @param scripts by their lines
 * @param port where a server of the page listens
 */
export async function runPage(folder: string, scripts: Readonly<Record<number, Script>>, port: number): Promise<void> {
  const page = new Page(scripts, port);
  const { commands, ended } = page;
  Object.assign(globalThis, { commands: commands.bind(page), ended: ended.bind(page), printed });
  try {
    await runProgram(folder, "page.ts");
  } finally {
    page.stop();
  }
}

class Page {
  readonly #scripts: Readonly<Record<number, Script>>;
  readonly #port: number;
  readonly #stop = new AbortController();
  readonly #servers: Promise<number>[] = [];

  constructor(scripts: Readonly<Record<number, Script>>, port: number) {
    this.#scripts = scripts;
    this.#port = port;
  }

  /** Runs the commands of the block at a line, until the first that fails. `hpd serve` runs until the page ends. */
  async commands(line: number): Promise<void> {
    const { script, output } = this.#scripts[line]!;
    let printed = "";
    for (const part of partsOf(script)) {
      const { code, stdout, stderr } = typeof part === "string" ? await inBash(part) : await this.#inThisProcess(part);
      printed += stdout + stderr;
      if (code !== 0) fail(line, `exit code ${code}`, printed);
    }
    if (output !== undefined && !matches(printed, output)) fail(line, "other output", printed);
  }

  /** Ends the servers as an operator would. */
  async ended(): Promise<void> {
    this.stop();
    for (const code of await Promise.all(this.#servers)) {
      if (code !== 0) fail(0, `the server ended with ${code}`, "");
    }
  }

  stop(): void {
    this.#stop.abort();
  }

  #inThisProcess([program, ...args]: readonly string[]): Promise<Outcome> {
    if (program === "npm") return npm(args);
    if (args[0] === "serve") return this.#serve(args);
    return runHpd(args);
  }

  async #serve(args: readonly string[]): Promise<Outcome> {
    const server = runCommandLine(args, () => this.#stop.signal);
    this.#servers.push(server);
    const code = await Promise.race([server, listening(this.#port)]);
    return { code: code ?? 0, stdout: "", stderr: "" };
  }
}

function inBash(script: string): Promise<Outcome> {
  return outcomeOf(spawn("bash", ["-euo", "pipefail", "-c", script]));
}

async function listening(port: number): Promise<undefined> {
  for (;;) {
    const socket = connect(port, "127.0.0.1");
    const isThere = await new Promise((resolve) => {
      socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    });
    socket.destroy();
    if (isThere) return;
    await delay(50);
  }
}

function printed(line: number, expected: string, ...values: unknown[]): void {
  const actual = format(...values);
  if (!matches(actual, expected)) fail(line, `expected ${expected}`, actual);
}

function fail(line: number, what: string, printed: string): never {
  throw new Error(`line ${line}: ${what}\n${printed}`);
}
