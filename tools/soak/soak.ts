/**
 * A server under load for as long as is asked for, then under clients that behave badly: no request fails that should not,
 * memory stays where it is, and afterwards the server is as healthy as before. See README.md beside this file.
 *
 *   node --conditions=hpd-source tools/soak/soak.ts [--seconds 60] [--clients 64] [--connections 2000] [--processes 1] [MODEL]
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const { values, positionals } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    clients: { type: "string", default: "64" },
    connections: { type: "string", default: "2000" },
    processes: { type: "string", default: "1" },
  },
  allowPositionals: true,
});
const seconds = Number(values.seconds);
const main = fileURLToPath(new URL("../../src/cli/main.ts", import.meta.url));
const args = ["--conditions=hpd-source", main, "serve", ...positionals, "--port", "0", "--json", "--log", "none"];
args.push("--processes", values.processes);
// What else grows for minutes and then stays: V8's young generation, and what glibc keeps of freed buffers.
const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: "1048576", NODE_OPTIONS: "--max-semi-space-size=8" };
const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"], env });
const exited = once(child, "close");
const [line] = await once(createInterface(child.stdout), "line");
const { url, models } = JSON.parse(line) as { url: string; models: string[] };
const port = Number(new URL(url).port);
console.log(`${url}, ${models.join(", ")}, process ${child.pid}`);

const words = "the cat sat on a mat near some old tree while it rained and nobody was there to see".split(" ");
let seed = 1;
const random = (below: number) => {
  seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
  return seed % below;
};
const someText = (most: number) =>
  Array.from({ length: 1 + random(most) }, () => words[random(words.length)]).join(" ");

interface Answered {
  readonly status: number;
  readonly text: string;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1000 });

function ask(path: string, body?: string | Buffer, headers: Record<string, string> = {}): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? "GET" : "POST";
    const asked = request({ agent, port, path, method, headers }, (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("end", () => resolve({ status: response.statusCode!, text: Buffer.concat(parts).toString() }));
      response.on("error", reject);
    });
    asked.on("error", reject);
    asked.end(body);
  });
}

const embed = (texts: readonly string[]) =>
  ask("/v1/embeddings", JSON.stringify({ input: texts, encoding_format: "base64" }));

async function metric(name: string): Promise<number> {
  const { text } = await ask("/metrics");
  return Number(new RegExp(`^${name} (.*)$`, "m").exec(text)![1]);
}

const megabytes = async () => (await metric("process_resident_memory_bytes")) / 1e6;

async function load(): Promise<void> {
  const times: number[] = [];
  const memory: number[] = [];
  const statuses = new Map<number, number>();
  let texts = 0;
  const ends = performance.now() + 1000 * seconds;
  const client = async (number: number) => {
    while (performance.now() < ends) {
      // One in eight sends many texts, the others one.
      const given = Array.from({ length: number % 8 === 0 ? 32 : 1 }, () => someText(number % 4 === 0 ? 120 : 16));
      const started = performance.now();
      const { status, text } = await embed(given);
      times.push(performance.now() - started);
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      if (status === 200) assert.equal(JSON.parse(text).data.length, given.length);
      texts += given.length;
    }
  };
  const watch = async () => {
    while (performance.now() < ends) {
      memory.push(await megabytes());
      await sleep(Math.min(1000, 50 * seconds));
    }
  };
  await Promise.all([watch(), ...Array.from({ length: Number(values.clients) }, (_, number) => client(number))]);
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(part * (times.length - 1))]!.toFixed(0);
  console.log(
    `${times.length} requests, ${(texts / seconds).toFixed(0)} texts a second, ${at(0.5)} ms half, ${at(0.99)} ms 99 %`,
  );
  console.log(`statuses ${[...statuses].map(([status, count]) => `${status}: ${count}`).join(", ")}`);
  const third = Math.floor(memory.length / 3);
  const [early, late] = [memory.slice(third, 2 * third), memory.slice(2 * third)].map((part) => Math.max(...part));
  const every = Math.ceil(memory.length / 12);
  console.log(
    `resident MB ${memory
      .filter((_, index) => index % every === 0)
      .map((mb) => mb.toFixed(0))
      .join(" ")}`,
  );
  assert.deepEqual([...statuses.keys()], [200], "a request failed");
  assert.ok(late! < 1.05 * early! + 10, `memory grew from ${early} to ${late} MB`);
}

async function opened(): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

const head = (length: number) => `POST /embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${length}\r\n\r\n`;

async function faults(): Promise<void> {
  const body = JSON.stringify({ inputs: Array.from({ length: 100 }, () => someText(30)) });
  console.log("cut connections");
  for (let each = 0; each < 300; each++) {
    const socket = await opened();
    socket.write((head(body.length) + body).slice(0, random(body.length + 100)));
    if (each % 3 === 0) await sleep(random(5));
    socket.destroy();
  }
  console.log("bodies that are too large, no JSON, wrong JSON");
  const tooLarge = Buffer.alloc(5_000_000, 0x20);
  for (let each = 0; each < 20; each++) {
    // The answer may come before all was sent, and the rest meets a closed connection.
    const status = await ask("/embed", tooLarge).then(
      (answered) => answered.status,
      () => 413,
    );
    assert.equal(status, 413);
  }
  for (const wrong of ["{", "[]", '"\\ud800"', "null", '{"inputs":{}}', `{"inputs":${"[".repeat(100_000)}`]) {
    for (let each = 0; each < 50; each++) assert.ok((await ask("/embed", wrong)).status >= 400);
  }
  console.log(`${values.connections} connections, idle or slow`);
  const slow: Socket[] = [];
  for (let each = 0; each < Number(values.connections); each++) {
    const socket = await opened();
    if (each % 3 === 0) socket.write("POST /embed HTTP/1.1\r\nHost: ");
    if (each % 3 === 1) socket.write(`${head(1000)}{"inputs"`);
    slow.push(socket);
  }
  const answers = await Promise.all(Array.from({ length: 100 }, () => embed([someText(16)])));
  assert.ok(
    answers.every(({ status }) => status === 200),
    "slow clients hold others up",
  );
  for (const socket of slow) socket.destroy();
}

async function healthy(): Promise<void> {
  for (let tries = 0; ; tries++) {
    const { status } = await ask("/health");
    const left = (await metric("te_requests_in_flight")) + (await metric("te_queue_size"));
    if (status === 200 && left === 0) break;
    assert.ok(tries < 100, `health ${status}, ${left} left`);
    await sleep(100);
  }
  assert.equal((await embed(["a cat"])).status, 200);
}

try {
  await load();
  const before = await megabytes();
  await faults();
  await healthy();
  console.log(`healthy; resident MB ${before.toFixed(0)} before, ${(await megabytes()).toFixed(0)} after`);
} finally {
  agent.destroy();
  child.kill("SIGTERM");
}
const [code] = await exited;
assert.equal(code, 0, "it should end with 0");
console.log("ended with 0");
