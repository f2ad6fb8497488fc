/** `hpd encode --queue` and `hpd work` as processes. */
import { type ChildProcess, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeServer } from "../describe-server.ts";
import { fixture } from "../encode/model-folder.ts";
import { freePort, startRedis } from "../jobs/queue/redis-server.ts";
import { outcomeOf, startHpd } from "./hpd-process.ts";
import { runHpd } from "./run-hpd.ts";

const { HPD_QUEUE_PASSWORD: _, ...env } = process.env;

test.each([
  [["work"], "missing --queue URL"],
  [["work", "--queue", "redis://h", "more"], "expected no arguments"],
  [["encode", "a.txt", "--detach"], "--detach, --attempts and --retry-failed are for --queue URL"],
  [["encode", "a.txt", "--queue", "redis://h"], "missing --shards"],
  [
    ["encode", "a.txt", "--queue", "redis://h", "--shards", "2", "--shard", "1"],
    "--shard and --queue exclude each other",
  ],
])("hpd %j is an error in the command line", async (args, problem) => {
  const { code, stderr } = await runHpd(args, { env: { HPD_QUEUE_PASSWORD: undefined } });
  expect(stderr).toContain(problem);
  expect(code).toBe(2);
});

await describeServer("Redis", startRedis, (server) => {
  let folder: string;
  const started: ChildProcess[] = [];
  const withPassword = { ...env, HPD_QUEUE_PASSWORD: server.password };

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "hpd-work-"));
    await server.client.flushall();
    writeFileSync(join(folder, "texts.txt"), "one\ntwo\nthree four\nfive six seven\neight\n");
  });
  afterEach(async () => {
    for (const child of started.splice(0)) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  });

  function hpd(...args: string[]) {
    const child = startHpd(args, { env: withPassword, cwd: folder });
    started.push(child);
    return child;
  }

  const shards = ["encode", "texts.txt", "--model", fixture("bert"), "--shards", "3", "--shard-format", "npy"];
  const queue = ["--queue", server.urlWithoutPassword];
  const bytesOf = (output: string) =>
    new Map(
      readdirSync(join(folder, output))
        .filter((name) => !name.startsWith("."))
        .map((name) => [name, readFileSync(join(folder, output, name))]),
    );

  test("shards go through the queue, with the bytes of one process", async () => {
    expect((await outcomeOf(hpd(...shards, "--output", "alone"))).code).toBe(0);
    const detached = await outcomeOf(hpd(...shards, "--output", "out", ...queue, "--detach", "--json"));
    expect(detached.stderr).toBe("3 shards: 0 done, 3 put into the queue, 0 there already\n");
    expect(JSON.parse(detached.stdout)).toEqual({ shards: 3, committed: 0, added: 3, joined: 0, set_aside: [] });
    const watching = outcomeOf(hpd(...shards, "--output", "out", ...queue));
    const worker = await outcomeOf(hpd("work", ...queue, "--exit-when-empty", "--log", "text", "--workers", "1"));
    expect(worker.stderr).toMatch(
      /^hpd: waiting for shards at redis:\/\/127\.0\.0\.1:\d+\nhpd: shard \d of \w{8} done: /,
    );
    expect(worker.stderr).toMatch(/\nhpd: 3 shards done here, 5 texts\n$/);
    expect(worker.code).toBe(0);
    const watched = await watching;
    expect(watched.stderr).toMatch(
      /0 put into the queue, 3 there already\nall 3 shards are done, 5 texts, in 0:\d\d\n$/,
    );
    expect(watched.code).toBe(0);
    expect(bytesOf("out")).toEqual(bytesOf("alone"));
  });

  test("Ctrl-C ends the watching, not the work; SIGTERM ends a worker", async () => {
    const watching = hpd(...shards, "--output", "out", ...queue);
    await once(watching.stderr, "data");
    watching.kill("SIGINT");
    const { code, stderr } = await outcomeOf(watching);
    expect(code).toBe(130);
    expect(stderr).toContain("the workers go on: run the same command again to watch them");
    const worker = hpd("work", ...queue, "--log", "json");
    let log = "";
    const ended = once(worker, "close");
    worker.stderr.setEncoding("utf8").on("data", (text: string) => {
      log += text;
    });
    while (!log.includes("shard 2")) await once(worker.stderr, "data");
    worker.kill("SIGTERM");
    expect(await ended).toEqual([0, null]);
    expect(
      log
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).message),
    ).toContainEqual("stopping: finishing the shards under way");
    expect(bytesOf("out").size).toBeGreaterThan(3);
  });

  test("a wrong password is told without it", async () => {
    const child = startHpd(["work", ...queue], { env: { ...env, HPD_QUEUE_PASSWORD: "wrong" } });
    const { code, stderr } = await outcomeOf(child);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^hpd: redis:\/\/127\.0\.0\.1:\d+: WRONGPASS/);
  });
});

const openssl = spawnSync("openssl", ["version"]).status === 0;

test.skipIf(!openssl)("rediss:// is TLS, checked by the certificates of NODE_EXTRA_CA_CERTS", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "hpd-work-tls-"));
  const [key, certificate] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const subject = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"];
  const request = [
    "req",
    "-x509",
    "-newkey",
    "rsa:2048",
    "-nodes",
    "-days",
    "1",
    ...subject,
    "-keyout",
    key,
    "-out",
    certificate,
  ];
  expect(spawnSync("openssl", request).status).toBe(0);
  const port = await freePort();
  const files = ["--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no"];
  const server = await startRedis(["--tls-port", String(port), ...files]);
  try {
    if (typeof server === "string") return context.skip(`skipped: ${server}`);
    const secure = { ...env, HPD_QUEUE_PASSWORD: server.password };
    const work = (extra: object) =>
      outcomeOf(
        startHpd(["work", "--queue", `rediss://127.0.0.1:${port}`, "--exit-when-empty"], {
          env: { ...secure, ...extra },
        }),
      );
    expect(await work({ NODE_EXTRA_CA_CERTS: certificate })).toMatchObject({ code: 0 });
    const refused = await work({});
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^hpd: rediss:\/\/127\.0\.0\.1:\d+: self-signed certificate/);
  } finally {
    if (typeof server !== "string") await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
