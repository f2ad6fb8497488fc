/**
 * Encoding in shards on an object store, from end to end: input and output in buckets of a real server, workers that are
 * killed at moments by chance, the same shard by several at once, conditional writes, a bucket without rights, and throttling by
 * a proxy before it. What comes out must equal, byte for byte, what one process writes to a disk. See README.md.
 *
 *     HPD_WEED=$(which weed) node --conditions=hpd-source tools/s3/prove-shards.ts [ROUNDS]
 */
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Random } from "../../src/random.ts";
import { openOutputFolder, readWhole, writeFirst } from "../../src/storage/open-output-folder.ts";
import { outcomeOf, startHpd } from "../../test/cli/hpd-process.ts";
import { madeUpSentences } from "../../test/distillation/sentences.ts";
import { fixture } from "../../test/encode/model-folder.ts";
import { startS3 } from "../../test/passage-index/s3-server.ts";

const rounds = Number(process.argv[2] ?? 5);
const shards = 6;
const folder = mkdtempSync(join(tmpdir(), "hpd-s3-shards-"));
const random = new Random(Number(process.env.SEED ?? 1));

const expect = (isTrue: boolean, what: string) => {
  console.log(`${isTrue ? "ok    " : "FAILED"}  ${what}`);
  if (!isTrue) process.exitCode = 1;
};

const s3 = await startS3(process.env.HPD_WEED ?? "weed");
Object.assign(process.env, s3.env);
await s3.createBucket("proof");

/** @param env of the process; undefined for one that is killed after so many milliseconds */
async function hpd(args: readonly string[], env: Readonly<Record<string, string>> = {}, killAfter?: number) {
  const child = startHpd(args, { cwd: folder, env: { ...process.env, ...env } });
  const outcome = outcomeOf(child);
  if (killAfter !== undefined) {
    await Promise.race([outcome, delay(killAfter)]);
    child.kill("SIGKILL");
  }
  return outcome;
}

const encode = (output: string, ...more: readonly string[]) => [
  ...[
    "encode",
    "s3://proof/input/",
    "--output",
    output,
    "--shards",
    String(shards),
    "--model",
    fixture("bert"),
    "--quiet",
  ],
  ...more,
];

async function contentsOf(location: string): Promise<Map<string, string>> {
  const output = openOutputFolder(location);
  const names = [...(await output.list()).keys()].sort();
  const all = names.map(
    async (name) => [name, Buffer.from((await readWhole(output, name))!).toString("base64")] as const,
  );
  return new Map(await Promise.all(all));
}

const isEqual = (a: Map<string, string>, b: Map<string, string>) =>
  a.size === b.size && [...a].every(([name, content]) => b.get(name) === content);

try {
  const input = openOutputFolder("s3://proof/input");
  const sentences = madeUpSentences(6000, 1);
  const rows = sentences.map((text, id) => `${JSON.stringify({ id, text })}\n`);
  await writeFirst(input, "a.jsonl", Buffer.from(rows.slice(0, 4000).join("")));
  await writeFirst(input, "b.jsonl", Buffer.from(rows.slice(4000).join("")));
  mkdirSync(join(folder, "input"));
  writeFileSync(join(folder, "input/a.jsonl"), rows.slice(0, 4000).join(""));
  writeFileSync(join(folder, "input/b.jsonl"), rows.slice(4000).join(""));

  const start = performance.now();
  const whole = await hpd(encode("s3://proof/once"));
  const duration = performance.now() - start;
  expect(whole.code === 0, `one process writes ${shards} shards in ${Math.round(duration)} ms ${whole.stderr}`);
  const once_ = await contentsOf("s3://proof/once");
  expect(once_.size === shards + 1, `the bucket holds ${[...once_.keys()].join(", ")}`);
  const onDisk = encode(join(folder, "disk")).map((arg) => (arg === "s3://proof/input/" ? "input" : arg));
  await hpd(onDisk);
  const disk = readdirSync(join(folder, "disk")).filter((name) => name.startsWith("shard"));
  expect(
    disk.length === shards &&
      disk.every((name) => readFileSync(join(folder, "disk", name)).toString("base64") === once_.get(name)),
    "the shards on a disk have the same bytes",
  );

  const alone = performance.now();
  await hpd(encode("s3://proof/alone", "--shard", "0"));
  const longest = 1.5 * (performance.now() - alone);
  for (let round = 0; round < rounds; round++) {
    const output = `s3://proof/killed-${round}`;
    let kills = 0;
    const worker = async (shard: number) => {
      for (;;) {
        // Three at once take longer than one: in the end each has the time that it needs.
        const wait = random.nextFloat() * longest * (1 + kills / 8);
        const { code, stderr } = await hpd(encode(output, "--shard", String(shard)), {}, wait);
        if (code === 0) return;
        if (code !== null) throw new Error(stderr);
        kills++;
        if (kills > 60) throw new Error("no shard is ever done");
      }
    };
    // The same shard by two at once, each of which may be killed.
    for (let shard = 0; shard < shards; shard += 2) {
      await Promise.all([worker(shard), worker(shard), worker(Math.min(shard + 1, shards - 1))]);
    }
    const content = await contentsOf(output);
    expect(isEqual(content, once_), `round ${round}: ${kills} kills, two at once: the same bytes, and nothing else`);
  }

  const verified = await hpd(["encode", "--verify", "s3://proof/once"]);
  expect(verified.stdout.includes("6 shards of 6,000 rows"), `--verify: ${verified.stdout.trim()}${verified.stderr}`);
  const other = await hpd([...encode("s3://proof/once"), "--normalize"]);
  expect(other.code === 1 && other.stderr.includes("another work"), `other options: ${other.stderr.trim()}`);

  const denied = await hpd(encode("s3://proof/denied"), s3.readerEnv);
  expect(denied.code === 1 && denied.stderr.includes("s3:PutObject"), `without rights: ${denied.stderr.trim()}`);
  expect((await contentsOf("s3://proof/denied")).size === 0, "and nothing is written");
  const wrong = await hpd(encode("s3://proof/denied"), { AWS_SECRET_ACCESS_KEY: "wrong" });
  expect(wrong.code === 1 && wrong.stderr.includes("access was refused"), `a wrong secret: ${wrong.stderr.trim()}`);

  const proxy = throttling(new URL(s3.env.AWS_ENDPOINT_URL!));
  proxy.server.listen(0, "127.0.0.1");
  await once(proxy.server, "listening");
  // The signature holds the host's name, which the proxy keeps.
  const endpoint = `http://127.0.0.1:${(proxy.server.address() as AddressInfo).port}`;
  const throttled = await hpd(encode("s3://proof/throttled"), { AWS_ENDPOINT_URL: endpoint });
  expect(throttled.code === 0, `${proxy.refused()} of ${proxy.asked()} requests refused or cut ${throttled.stderr}`);
  expect(isEqual(await contentsOf("s3://proof/throttled"), once_), "the same bytes through a throttling server");
  proxy.server.closeAllConnections();
  proxy.server.close();
} finally {
  await s3.stop();
  rmSync(folder, { recursive: true, force: true });
}

/** A proxy that answers every third request with 503 and cuts every seventh off. */
function throttling(target: URL) {
  let asked = 0;
  let refused = 0;
  const server = createServer((incoming, response) => {
    asked++;
    if (asked % 3 === 0 || asked % 7 === 0) {
      refused++;
      if (asked % 7 === 0) incoming.socket.destroy();
      else {
        response.writeHead(503, { "content-type": "application/xml" });
        response.end("<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>");
      }
      return;
    }
    const { method, url, headers } = incoming;
    const forwarded = request(
      { host: target.hostname, port: target.port, method, path: url, headers, setHost: false },
      (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on("error", () => incoming.socket.destroy());
    incoming.pipe(forwarded);
  });
  return { server, asked: () => asked, refused: () => refused };
}
