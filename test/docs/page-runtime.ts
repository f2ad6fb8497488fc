/** What the program of a page calls: `commands`, `printed` and `ended`. Loaded before it by `node --import`. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { format } from "node:util";
import { partsOf } from "./command-lines.ts";
import { matches } from "./matches.ts";

/** What a command printed, on either stream, and its exit code. */
interface Ended {
  readonly code: number | null;
  readonly text: string;
}

const scripts: Readonly<Record<number, { script: string; output?: string }>> = JSON.parse(
  readFileSync("scripts.json", "utf8"),
);
const servers: ChildProcess[] = [];

/** Runs the commands of the block at a line, until the first that fails. `hpd serve` runs until the page ends. */
async function commands(line: number): Promise<void> {
  const { script, output } = scripts[line]!;
  if (/^(?:npx )?hpd serve/m.test(script)) return await serve(line, script);
  let printed = "";
  for (const part of partsOf(script)) {
    const { code, text } = typeof part === "string" ? await inBash(part) : await inThisProcess(part);
    printed += text;
    if (code !== 0) fail(line, `exit code ${code}`, printed);
  }
  if (output !== undefined && !matches(printed, output)) fail(line, "other output", printed);
}

async function serve(line: number, script: string): Promise<void> {
  const { child, closed } = start(`exec ${script.replace(/^npx /, "")}`);
  servers.push(child);
  await Promise.race([
    listening(Number(process.env.PORT)),
    closed.then(({ text }) => fail(line, "the server ended", text)),
  ]);
}

const inBash = (script: string): Promise<Ended> => start(script).closed;

/** A process of `hpd` takes longer to start than most of what pages ask it for. */
async function inThisProcess(args: readonly string[]): Promise<Ended> {
  const { runHpd } = await import("../cli/run-hpd.ts");
  const { code, stdout, stderr } = await runHpd(args);
  return { code, text: stdout + stderr };
}

function start(script: string): { child: ChildProcess; closed: Promise<Ended> } {
  const child = spawn("bash", ["-euo", "pipefail", "-c", script], { stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (more) => {
      text += more;
    });
  }
  return { child, closed: new Promise((resolve) => child.once("close", (code) => resolve({ code, text }))) };
}

async function listening(port: number): Promise<void> {
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

/** Ends the servers as an operator would. */
async function ended(): Promise<void> {
  for (const server of servers) {
    const closed = new Promise((resolve) => server.once("close", resolve));
    server.kill("SIGTERM");
    const code = await closed;
    if (code !== 0) fail(0, `the server ended with ${code}`, "");
  }
}

Object.assign(globalThis, { commands, printed, ended });
process.once("exit", () => {
  for (const server of servers) server.kill("SIGKILL");
});
