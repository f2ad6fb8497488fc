/** Work on a queue, with workers in this process and in others that are killed. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Queue } from "bullmq";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { submitWork } from "../../../src/jobs/queue/submit.ts";
import { watchWork } from "../../../src/jobs/queue/watch.ts";
import { runWorker } from "../../../src/jobs/queue/worker.ts";
import type { WorkerSettings, WorkerTuning } from "../../../src/jobs/queue/worker-settings.ts";
import type { ShardedWork } from "../../../src/jobs/sharded-work.ts";
import { describeServer } from "../../describe-server.ts";
import { type FakeSettings, fakeWork, openFake, runsOf } from "./fake-work.ts";
import { startRedis } from "./redis-server.ts";
import type { WorkerProcessSettings } from "./worker-process.ts";

const program = fileURLToPath(new URL("./worker-process.ts", import.meta.url));
const version = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")).version;

await describeServer("Redis", startRedis, (server) => {
  let folder: string;
  let log: string[];
  const children: ChildProcess[] = [];

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "hpd-queue-"));
    log = [];
    await server.client.flushall();
    await server.client.config("SET", "maxmemory-policy", "noeviction");
  });
  afterEach(async () => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    rmSync(folder, { recursive: true, force: true });
  });

  const work = (settings: Partial<FakeSettings> = {}): ShardedWork => fakeWork({ folder, shards: 4, ...settings });
  const submit = (of: ShardedWork, more: object = {}) => submitWork(of, { queue: server.url, ...more });
  const tuning: WorkerTuning = { lease: 1_000, deaths: 2, backoff: 10 };

  /** A worker in this process. */
  const worker = (more: Partial<WorkerSettings> = {}, tuned: Partial<WorkerTuning> = {}) =>
    runWorker(
      {
        ...{ queue: server.url, open: openFake, concurrency: 1, exitWhenEmpty: true, drainTimeout: 10_000 },
        stallTimeout: 60_000,
        signal: new AbortController().signal,
        log: (level, message) => log.push(`${level}: ${message}`),
        ...more,
      },
      { ...tuning, ...tuned },
    );

  /** A worker in another process, and what it writes to stderr. */
  function workerProcess(settings: Partial<WorkerProcessSettings> = {}) {
    const all: WorkerProcessSettings = { queue: server.url, tuning, ...settings };
    const child = spawn(process.execPath, ["--conditions=hpd-source", program, JSON.stringify(all)], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    children.push(child);
    const said = { text: "" };
    child.stderr.setEncoding("utf8").on("data", (text) => {
      said.text += text;
    });
    return { child, said };
  }

  async function until(condition: () => Promise<boolean> | boolean): Promise<void> {
    while (!(await condition())) await delay(20);
  }

  const jobs = async <T>(use: (queue: Queue) => Promise<T>, of = version): Promise<T> => {
    const queue = new Queue(`shards-${of}`, { connection: server.client, prefix: "hpd" });
    return use(queue).finally(() => queue.close());
  };

  test("all shards are done, once, by whichever worker", async () => {
    const all = work({ shards: 12, millisecondsPerRow: 5 });
    expect(await submit(all)).toEqual({ committed: 0, added: 12, joined: 0, setAside: [] });
    const seen: number[] = [];
    const [first, second] = await Promise.all([
      worker(),
      worker({ concurrency: 2 }),
      watchWork(all, { queue: server.url, onProgress: ({ done }) => seen.push(done) }),
    ]);
    expect((await all.committed()).size).toBe(12);
    expect(first.shards + second.shards).toBe(12);
    expect(first.rows + second.rows).toBe(36);
    expect(seen.at(-1)).toBe(12);
    for (let shard = 0; shard < 12; shard++) expect(await runsOf(folder, shard)).toBe(1);
    expect(await jobs((queue) => queue.getJobCounts("completed", "failed", "wait", "active"))).toEqual({
      ...{ completed: 0, failed: 0, wait: 0, active: 0 },
    });
  });

  test("who submits the same work joins it, and adds only what is neither done nor there", async () => {
    await work().run(3);
    const [one, other] = await Promise.all([submit(work()), submit(work())]);
    expect(one.committed + other.committed).toBe(2);
    expect(await jobs((queue) => queue.getWaitingCount())).toBe(3);
    expect(await submit(work())).toEqual({ committed: 1, added: 0, joined: 3, setAside: [] });
    expect((await worker()).shards).toBe(3);
    expect(await submit(work())).toEqual({ committed: 4, added: 0, joined: 0, setAside: [] });
  });

  test("the same work with another place for its results is another work", async () => {
    const places = ["a", "b"].map((name) => join(folder, name));
    for (const place of places) mkdirSync(place);
    const works = places.map((place) => work({ folder: place, fingerprint: "same" }));
    for (const each of works) expect(await submit(each)).toMatchObject({ added: 4 });
    expect((await worker()).shards).toBe(8);
    for (const each of works) expect((await each.committed()).size).toBe(4);
  });

  test("a shard whose results are gone is done again", async () => {
    await submit(work());
    await worker();
    rmSync(join(folder, "shard-2"));
    expect(await submit(work())).toMatchObject({ committed: 3, added: 1 });
    expect((await worker()).shards).toBe(1);
  });

  test("a shard that fails is tried again", async () => {
    await submit(work({ flaky: [1, 3] }));
    expect((await worker()).shards).toBe(4);
    expect(await runsOf(folder, 1)).toBe(2);
    expect(log).toContainEqual(expect.stringMatching(/shard 3 of \w{8} failed \(attempt 1 of 4\): no such file/));
  });

  test("a shard that always fails is set aside with its error, and the others are done", async () => {
    const poisoned = work({ poison: [2] });
    await submit(poisoned, { attempts: 2 });
    const warnings: string[] = [];
    const watching = watchWork(poisoned, { queue: server.url, onWarning: (message) => warnings.push(message) });
    const failure = expect(watching).rejects.toThrow(
      /1 of 4 shards were set aside, the others are done.*`retryFailed: true`.*shard 2: no such file: https:\/\/me:\*\*\*@host/,
    );
    expect((await worker()).shards).toBe(3);
    await failure;
    expect(warnings).toEqual(["shard 2 was set aside: no such file: https://me:***@host/2.txt"]);
    expect(await runsOf(folder, 2)).toBe(2);
    const reason = { shard: 2, reason: "no such file: https://me:***@host/2.txt" };
    expect(await submit(poisoned)).toEqual({ committed: 3, added: 0, joined: 0, setAside: [reason] });
    // Set aside: nobody takes it.
    expect((await worker()).shards).toBe(0);
    expect(await submit(poisoned, { attempts: 3, retryFailed: true })).toMatchObject({ added: 1, setAside: [] });
    await worker();
    expect(await runsOf(folder, 2)).toBe(5);
  });

  test("the shard of a worker that is killed is done by another", async () => {
    const slow = work({ shards: 2, rows: 20, millisecondsPerRow: 50 });
    await submit(slow);
    const { child } = workerProcess();
    await until(async () => (await runsOf(folder, 0)) === 1);
    child.kill("SIGKILL");
    const report = await worker();
    expect(report.shards).toBe(2);
    expect(await runsOf(folder, 0)).toBe(2);
  });

  test("a shard that kills its workers is set aside", async () => {
    const deadly = work({ deadly: [0] });
    await submit(deadly);
    const watching = expect(watchWork(deadly, { queue: server.url })).rejects.toThrow(
      "shard 0: the workers that ran it died, one after the other: does it need more memory than they have?",
    );
    const ended = { count: 0 };
    const keepOne = async (): Promise<void> => {
      const { child } = workerProcess({ exitWhenEmpty: true });
      const [code] = await once(child, "exit");
      if (code === 0) return;
      ended.count++;
      await keepOne();
    };
    await keepOne();
    await watching;
    expect(ended.count).toBe(2);
    expect((await deadly.committed()).size).toBe(3);
  });

  test("a shard that does no row for too long is stopped, counts as failed, and is tried again", async () => {
    await submit(work({ stalls: [1] }));
    expect((await worker({ stallTimeout: 500 })).shards).toBe(4);
    expect(await runsOf(folder, 1)).toBe(2);
    const failed =
      /shard 1 of \w{8} failed \(attempt 1 of 4\): no row of it was done for 1 seconds?, the limit by stallTimeout/;
    expect(log).toContainEqual(expect.stringMatching(failed));
  });

  test("a shard that goes on is not stopped, however long it takes", async () => {
    await submit(work({ shards: 1, rows: 20, millisecondsPerRow: 100 }));
    expect((await worker({ stallTimeout: 1_000 })).shards).toBe(1);
    expect(await runsOf(folder, 0)).toBe(1);
  });

  test("a shard that can't be stopped ends its worker, and another does it", async () => {
    await submit(work({ hangs: [2] }));
    const hung = worker({ stallTimeout: 300 }, { grace: 200 });
    await expect(hung).rejects.toThrow(
      /shard 2: no row of it was done for .*, and it doesn't end: start this worker anew/,
    );
    expect((await worker()).shards).toBeGreaterThan(0);
    expect((await work().committed()).size).toBe(4);
    expect(await runsOf(folder, 2)).toBe(2);
  });

  test("a worker that is asked to stop gives back a shard that can't be stopped", async () => {
    await submit(work({ shards: 1, hangs: [0] }));
    const controller = new AbortController();
    const hung = worker({ signal: controller.signal, drainTimeout: 100 }, { grace: 200 });
    await until(async () => (await runsOf(folder, 0)) === 1);
    controller.abort();
    expect((await hung).shards).toBe(0);
    expect(log).toContainEqual(expect.stringMatching(/shard 0 of \w{8} given back/));
    expect((await worker()).shards).toBe(1);
  });

  test("the lease of a worker whose thread hangs ends, and another does its shard", async () => {
    await submit(work({ shards: 1, blocks: 60_000, blocksFirst: true }));
    workerProcess({ stallTimeout: 500, tuning: { ...tuning, silence: 1_000 } });
    await until(async () => (await runsOf(folder, 0)) === 1);
    expect((await worker()).shards).toBe(1);
    expect(await runsOf(folder, 0)).toBe(2);
  });

  test("a lease is renewed while the main thread is busy", async () => {
    await submit(work({ shards: 1, blocks: 3_000 }));
    const { child, said } = workerProcess({ exitWhenEmpty: true });
    await until(async () => (await runsOf(folder, 0)) === 1);
    const other = worker();
    await once(child, "exit");
    expect((await other).shards).toBe(0);
    expect(await runsOf(folder, 0)).toBe(1);
    expect(said.text).not.toContain("warn");
  });

  test("a worker that is asked to stop finishes its shard", async () => {
    const controller = new AbortController();
    await submit(work({ millisecondsPerRow: 50 }));
    const running = worker({ exitWhenEmpty: false, signal: controller.signal });
    await until(async () => (await runsOf(folder, 0)) === 1);
    controller.abort();
    expect((await running).shards).toBe(1);
    expect(await jobs((queue) => queue.getJobCounts("wait", "active"))).toEqual({ wait: 3, active: 0 });
  });

  test("a worker that has no time to finish its shard gives it back", async () => {
    const { child, said } = workerProcess({ drainTimeout: 100 });
    await submit(work({ millisecondsPerRow: 5_000 }));
    await until(async () => (await runsOf(folder, 0)) === 1);
    child.kill("SIGTERM");
    expect(await once(child, "exit")).toEqual([0, null]);
    expect(said.text).toMatch(/shard 0 of \w{8} given back/);
    expect(await jobs((queue) => queue.getJobCounts("wait", "active"))).toEqual({ wait: 4, active: 0 });
    const [job] = await jobs((queue) => queue.getWaiting());
    expect([job?.attemptsMade, job?.stalledCounter]).toEqual([0, 0]);
  });

  test("a worker that is asked to stop while the server is away ends", async () => {
    const running = new AbortController();
    const working = worker({ exitWhenEmpty: false, signal: running.signal });
    await submit(work());
    await watchWork(work(), { queue: server.url });
    await server.kill();
    try {
      await until(() => log.some((line) => line.startsWith("warn: the queue is away")));
      running.abort();
      expect((await working).shards).toBe(4);
    } finally {
      await server.start();
    }
  });

  test("shards of another version remain for its workers", async () => {
    await submit(work());
    const report = await worker({}, { version: "9.9.9" });
    expect(report.shards).toBe(0);
    expect(log.join()).toMatch(
      `warn: 4 shards of hpd ${version} wait in this queue, which this worker of hpd 9.9.9 doesn't`,
    );
    expect(await jobs((queue) => queue.getWaitingCount())).toBe(4);
    expect((await worker()).shards).toBe(4);
  });

  test("clocks of workers may be wrong", async () => {
    const all = work({ shards: 6, rows: 6, millisecondsPerRow: 50, flaky: [0, 1, 2, 3, 4, 5] });
    await submit(all);
    for (const hours of [24, -24]) workerProcess({ clockAhead: hours * 3_600_000 });
    await watchWork(all, { queue: server.url });
    for (let shard = 0; shard < 6; shard++) expect(await runsOf(folder, shard)).toBe(2);
  });

  test("a machine that can't open the work gives its shard back and says why", async () => {
    await submit(work());
    const refusing = worker({ open: () => Promise.reject(new Error("no such model: /models/a")) });
    await expect(refusing).rejects.toThrow(
      /^this machine can't take part in the work \w{8}: no such model: \/models\/a$/,
    );
    const other = worker({ open: async () => work({ shards: 5 }) });
    await expect(other).rejects.toThrow(
      "its input, its model or its options are others here than where it was submitted",
    );
    const warnings: string[] = [];
    const watching = watchWork(work(), { queue: server.url, onWarning: (message) => warnings.push(message) });
    expect((await worker()).shards).toBe(4);
    await watching;
    expect(warnings).toEqual([expect.stringMatching(/can't take part: its input/)]);
  });

  test("whoever watches may leave, and the work goes on", async () => {
    const controller = new AbortController();
    const all = work({ shards: 3, millisecondsPerRow: 100 });
    await submit(all);
    const watching = watchWork(all, { queue: server.url, signal: controller.signal });
    const report = worker();
    await until(async () => (await runsOf(folder, 0)) === 1);
    controller.abort(new Error("Ctrl-C"));
    await expect(watching).rejects.toThrow("Ctrl-C");
    expect((await report).shards).toBe(3);
    await watchWork(all, { queue: server.url });
  });

  test("shards that the server forgot are added again", async () => {
    const all = work({ millisecondsPerRow: 10 });
    await submit(all);
    await server.client.flushall();
    const running = new AbortController();
    const working = worker({ exitWhenEmpty: false, signal: running.signal });
    await watchWork(all, { queue: server.url });
    running.abort();
    expect((await working).shards).toBe(4);
  });

  test("a server that refuses, as one whose memory is full, is asked now and then, and said to once", async () => {
    await submit(work());
    await server.client.config("SET", "maxmemory", "1");
    const working = worker();
    try {
      await until(() => log.length > 1);
      await delay(1_500);
    } finally {
      await server.client.config("SET", "maxmemory", "0");
    }
    expect((await working).shards).toBe(4);
    const refusals = log.filter((line) => !line.startsWith("info:"));
    expect(refusals).toEqual(["warn: the queue: OOM command not allowed when used memory > 'maxmemory'"]);
  });

  test("where the server has become a replica, a worker goes to the main one under the same address", async () => {
    // Servers of its own: a replica would refuse what the tests after it write.
    const [first, other] = await Promise.all([startRedis(), startRedis()]);
    if (typeof first === "string" || typeof other === "string") throw new Error(String(first));
    let port = Number(new URL(first.url).port);
    const address = createServer((socket) => {
      const target = connect(port, "127.0.0.1");
      pipeline(socket, target, socket, () => {});
    }).listen(0, "127.0.0.1");
    await once(address, "listening");
    const url = new URL(first.url);
    url.port = String((address.address() as AddressInfo).port);
    const running = new AbortController();
    const working = worker({ queue: url.href, exitWhenEmpty: false, signal: running.signal });
    try {
      await until(() => log.length > 0);
      port = Number(new URL(other.url).port);
      await first.client.replicaof("127.0.0.1", 1);
      const all = work();
      await submit(all, { queue: url.href });
      await watchWork(all, { queue: url.href });
      running.abort();
      expect((await working).shards).toBe(4);
    } finally {
      running.abort();
      address.close();
      await Promise.all([first.stop(), other.stop()]);
    }
  });

  describe("secrets", () => {
    test("a work whose description holds a password is refused", async () => {
      const secret = work({ note: "https://me:secret@host/a.txt" });
      await expect(submit(secret)).rejects.toThrow("a URL of the work has a password or a token");
    });

    test("the queue's password is neither in the queue nor in the log", async () => {
      await submit(work({ poison: [0] }), { attempts: 1 });
      await worker({ queue: server.urlWithoutPassword, password: server.password });
      const keys = await server.client.keys("*");
      const dumps = await Promise.all(keys.map((key) => server.client.dumpBuffer(key)));
      expect(keys.length).toBeGreaterThan(3);
      for (const text of [...dumps.map(String), ...log]) {
        expect(text).not.toContain(server.password);
        expect(text).not.toContain(encodeURIComponent(server.password));
      }
    });
  });

  test("a user needs its own keys, and no command that is dangerous but INFO and CLIENT", async () => {
    const rights = ["~hpd:*", "resetchannels", "+@all", "-@dangerous", "+info", "+client"];
    await server.client.acl("SETUSER", "limited", "reset", "on", ">word", ...rights);
    const queue = server.urlWithoutPassword.replace("//", "//limited@");
    const all = work({ flaky: [1] });
    await submitWork(all, { queue, password: "word" });
    const watching = watchWork(all, { queue, password: "word" });
    expect((await worker({ queue, password: "word" })).shards).toBe(4);
    await watching;
    expect(log.filter((line) => !line.startsWith("info:"))).toEqual([expect.stringContaining("attempt 1 of 4")]);
  });

  test("a database that the server doesn't have is refused", async () => {
    await expect(submit(work(), { queue: `${server.url}/99` })).rejects.toMatchObject({
      code: "invalid_argument",
      message: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+\/99: ERR DB index is out of range/),
    });
    expect(await server.client.keys("*")).toEqual([]);
  });

  test("a wrong password and a server that throws keys away are refused", async () => {
    const options = { queue: server.urlWithoutPassword, password: "wrong" };
    await expect(submitWork(work(), options)).rejects.toMatchObject({
      code: "unauthorized",
      message: expect.stringMatching(/^redis:\/\/127\.0\.0\.1:\d+: WRONGPASS .*HPD_QUEUE_PASSWORD$/),
    });
    await server.client.config("SET", "maxmemory-policy", "allkeys-lru");
    await expect(submit(work())).rejects.toThrow("(maxmemory-policy allkeys-lru)");
  });
});
