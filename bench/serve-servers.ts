/** The servers of `bench:serve`, each a process of its own on a port of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const root = join(import.meta.dirname, "..");

export interface ServerCommand {
  readonly name: string;
  readonly command: readonly string[];
  readonly folder?: string | undefined;
  readonly port: number;
  /** What requests call the model. */
  readonly model: string | undefined;
}

export function hpdServer(name: string, model: string, port: number, args: readonly string[]): ServerCommand {
  const main = join(root, "dist/cli/main.js");
  const command = [process.execPath, main, "serve", `bench=${model}`, "--port", `${port}`, "--log", "none", ...args];
  return { name, command, port, model: "bench" };
}

export function infinityServer(
  program: string,
  model: string,
  engine: "torch" | "optimum",
  port: number,
): ServerCommand {
  const args = ["--engine", engine, "--device", "cpu", "--no-bettertransformer", "--host", "127.0.0.1"];
  // With "auto" the ONNX engine takes the first token, whatever the model's pooling is.
  args.push("--pooling-method", "mean");
  return {
    name: engine === "torch" ? "infinity, torch" : "infinity, ONNX",
    // Of its paths of ONNX files today's optimum takes only names.
    command: [program, "v2", "--model-id", ".", "--served-model-name", "bench", ...args, "--port", `${port}`],
    folder: model,
    port,
    model: "bench",
  };
}

export function fastApiServer(python: string, model: string, port: number): ServerCommand {
  const program = join(root, "tools/bench/serve/fastapi_server.py");
  return { name: "FastAPI", command: [python, program, model, `${port}`], port, model: undefined };
}

/** A server that runs, and answers. */
export class RunningServer {
  /** Of all that were started, whether or not they answer. */
  static readonly all: RunningServer[] = [];
  readonly name: string;
  readonly #port: number;
  readonly #model: string | undefined;
  readonly #child: ChildProcess;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor({ name, command, folder, port, model }: ServerCommand) {
    this.name = name;
    this.#port = port;
    this.#model = model;
    const env = { ...process.env, HF_HUB_OFFLINE: "1", DO_NOT_TRACK: "1", INFINITY_ANONYMOUS_USAGE_STATS: "0" };
    this.#child = spawn(command[0]!, command.slice(1), { stdio: ["ignore", "ignore", "pipe"], env, cwd: folder });
    let last = "";
    this.#child.stderr!.on("data", (part: Buffer) => {
      last = `${last}${part}`.slice(-2_000);
    });
    this.#child.once("exit", (code, signal) => {
      if (signal !== "SIGTERM" && code !== 0) console.error(`${name} ended with ${signal ?? code}: ${last}`);
    });
  }

  /** @throws Error where it doesn't answer within three minutes */
  static async start(command: ServerCommand): Promise<RunningServer> {
    const server = new RunningServer(command);
    RunningServer.all.push(server);
    for (const started = performance.now(); performance.now() - started < 180_000; await sleep(200)) {
      if (server.#child.exitCode !== null) break;
      const answer = await server.embed("a cat").catch(() => undefined);
      if (answer?.status === 200) return server;
    }
    await server.stop();
    throw new Error(`${command.name} doesn't answer`);
  }

  embed(input: string | readonly string[]): Promise<{ status: number; bytes: Buffer }> {
    const body = JSON.stringify({ input, ...(this.#model !== undefined && { model: this.#model }) });
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
    const to = {
      agent: this.#agent,
      host: "127.0.0.1",
      port: this.#port,
      path: "/embeddings",
      method: "POST",
      headers,
    };
    return new Promise((resolve, reject) => {
      const asked = request(to, (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => resolve({ status: response.statusCode!, bytes: Buffer.concat(parts) }));
        response.on("error", reject);
      });
      asked.on("error", reject);
      asked.end(body);
    });
  }

  async embeddings(texts: readonly string[]): Promise<number[][]> {
    const { bytes } = await this.embed(texts);
    const { data } = JSON.parse(bytes.toString()) as { data: { embedding: number[] }[] };
    return data.map(({ embedding }) => embedding);
  }

  async stop(): Promise<void> {
    this.#agent.destroy();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 5_000);
    await exited;
    clearTimeout(timer);
  }
}
