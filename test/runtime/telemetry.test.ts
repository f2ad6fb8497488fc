/**
 * Nothing leaves the machine, and nothing is left on it: ONNX Runtime's telemetry is off. Each program has folders of its
 * own for whatever is kept or temporary, and an environment in which the runtime sees no reason of its own to be silent.
 */
import { execFile, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test } from "vitest";
import { main } from "../cli/hpd-process.ts";
import { filesBelow, imports, nodeFlags, runNode } from "./program.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "hpd-telemetry-"));
  for (const name of ["home", "tmp"]) mkdirSync(join(root, name));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Continuous integration, by its variables, is a reason for the runtime to be silent. */
function environment(more: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const temporary = join(root, "tmp");
  const folders = {
    HOME: join(root, "home"),
    TMPDIR: temporary,
    TMP: temporary,
    TEMP: temporary,
    XDG_CACHE_HOME: join(root, "cache"),
    XDG_DATA_HOME: join(root, "data"),
    XDG_CONFIG_HOME: join(root, "config"),
  };
  const { PATH, NODE_COMPILE_CACHE } = process.env;
  return { PATH, NODE_COMPILE_CACHE, ...folders, ...more };
}

/** @param alive milliseconds that the model is kept after encoding */
function encode(options: string, alive: number): string {
  return `${imports}
    const model = await SentenceTransformer.load(folder, ${options});
    console.log((await model.encode(texts.slice(0, 3))).count);
    await new Promise((resolve) => setTimeout(resolve, ${alive}));
    await model.dispose();`;
}

function inWorker(source: string): string {
  return `
    const { Worker } = await import("node:worker_threads");
    new Worker(new URL("data:text/javascript," + encodeURIComponent(${JSON.stringify(source)})));`;
}

/** In the main thread, in one that computes itself, and in a worker thread of the program. */
const programs = (alive: number): readonly string[] => [
  encode("{}", alive),
  encode("{ workers: 0 }", alive),
  inWorker(encode("{}", alive)),
];

const script = (source: string): string[] => ["--input-type=module", "--eval", source];

test("the command line leaves no file", () => {
  expect(runNode([...main, "similarity", "a cat", "a dog"], environment()).status).toBe(0);
  expect(filesBelow(root)).toEqual([]);
});

test("a worker thread that is to compute itself can't switch it off for the process, and says so", () => {
  const refused = `${imports}
    await SentenceTransformer.load(folder, { workers: 0 }).catch(({ code, message }) => console.log(code, message));`;
  const { status, stdout } = runNode(script(inWorker(refused)), environment());
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: expect.stringMatching(/^unsupported .*ORT_DISABLE_TELEMETRY/),
  });
  expect(filesBelow(root)).toEqual([]);
  const source = inWorker(encode("{ workers: 0 }", 0));
  const told = environment({ ORT_DISABLE_TELEMETRY: "1" });
  expect(runNode(script(source), told)).toEqual({ status: 0, stdout: "3\n", stderr: "" });
  expect(filesBelow(root)).toEqual([]);
});

/** In a network of its own, in which there is nothing, and with a record of what any thread turns to. */
const [isolate, ...trace] = [
  ...["unshare", "--map-root-user", "--net", "--"],
  ...["strace", "-f", "--seccomp-bpf", "-qq", "-e", "trace=connect,sendto,sendmsg,sendmmsg"],
] as const;
const canTrace = process.platform === "linux" && spawnSync(isolate, [...trace, "true"]).status === 0;

/** The runtime waits ten seconds before it looks its collector up. */
const longEnough = 16_000;

/** Runs a program. @returns its calls to the network, or to what looks names up for others */
async function networkCalls(source: string, env: NodeJS.ProcessEnv, name: string): Promise<string[]> {
  const file = join(root, name);
  const tracing = canTrace ? [isolate, ...trace, "-o", file] : [];
  const [program, ...args] = [...tracing, process.execPath, ...nodeFlags, ...script(source)];
  expect(await promisify(execFile)(program!, args, { env })).toEqual({ stdout: "3\n", stderr: "" });
  if (!canTrace) return [];
  const lines = readFileSync(file, "utf8").split("\n");
  rmSync(file);
  return lines.filter((line) => /AF_INET|nscd|resolve/.test(line));
}

test("after encoding no file is left, and no thread looks a name up or connects", async () => {
  const sources = programs(canTrace ? longEnough : 0);
  const calls = await Promise.all(sources.map((source, index) => networkCalls(source, environment(), `off${index}`)));
  expect(calls).toEqual(sources.map(() => []));
  expect(filesBelow(root)).toEqual([]);
});

test.skipIf(!canTrace)("both would be noticed: ORT_DISABLE_TELEMETRY is 0", async () => {
  const [source] = programs(longEnough);
  const calls = await networkCalls(source!, environment({ ORT_DISABLE_TELEMETRY: "0" }), "on");
  expect(calls.length).toBeGreaterThan(0);
  expect(filesBelow(root).join("\n")).toContain("onnxruntime");
});
