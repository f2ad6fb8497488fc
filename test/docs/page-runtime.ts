/** What the program of a page calls: `commands`, `printed` and `ended`. Loaded before it by `node --import`. */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { format } from "node:util";
import { matches } from "./matches.ts";

const scripts: Readonly<Record<number, { script: string; output?: string }>> = JSON.parse(
  readFileSync("scripts.json", "utf8"),
);
const servers: ChildProcess[] = [];

/** Runs the commands of the block at a line. `hpd serve` runs until the page ends. */
async function commands(line: number): Promise<void> {
  const { script, output } = scripts[line]!;
  const isServer = /^(?:npx )?hpd serve/m.test(script);
  // Commands of a page's block stop at the first that fails.
  const child = spawn("bash", ["-euo", "pipefail", "-c", isServer ? `exec ${script.replace(/^npx /, "")}` : script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let printed = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text) => {
      printed += text;
    });
  }
  const closed = new Promise<number | null>((resolve) => child.once("close", resolve));
  if (isServer) {
    servers.push(child);
    await Promise.race([
      listening(Number(process.env.PORT)),
      closed.then(() => fail(line, "the server ended", printed)),
    ]);
    return;
  }
  const code = await closed;
  if (code !== 0) fail(line, `exit code ${code}`, printed);
  if (output !== undefined && !matches(printed, output)) fail(line, "other output", printed);
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
