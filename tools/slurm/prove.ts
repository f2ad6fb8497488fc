/**
 * The array scripts of examples/slurm on a Slurm of one node, which this starts and stops: all shards by sbatch, tasks killed and
 * requeued on the way, the missing ones run again, and the same bytes as by one process. Then a teacher's embeddings, and the
 * student's weights.
 *
 *     apt-get install slurmctld slurmd slurm-client munge      # Debian; as root, which the daemons run as here
 *     node tools/slurm/prove.ts
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const root = join(import.meta.dirname, "../..");
const folder = mkdtempSync(join(tmpdir(), "hpd-slurm-proof-"));
const shards = 8;
const daemons: ChildProcess[] = [];
const conf = join(folder, "slurm.conf");
const env = { ...process.env, SLURM_CONF: conf };

function expect(isTrue: boolean, what: string): void {
  console.log(`${isTrue ? "ok    " : "FAILED"}  ${what}`);
  if (!isTrue) process.exitCode = 1;
}

function run(program: string, args: readonly string[], more: NodeJS.ProcessEnv = {}): string {
  const { stdout, stderr, status } = spawnSync(program, args, {
    encoding: "utf8",
    cwd: folder,
    env: { ...env, ...more },
  });
  if (status !== 0) throw new Error(`${program} ${args.join(" ")} ends with ${status}: ${stderr}`);
  return stdout;
}

const hpd = (...args: string[]) => run(join(folder, "node_modules/.bin/hpd"), args);

function start(program: string, ...args: string[]): void {
  const log = join(folder, `${program}.log`);
  const child = spawn("sh", ["-c", `exec "$0" "$@" > "${log}" 2>&1`, program, ...args], { env, stdio: "ignore" });
  daemons.push(child);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function startSlurm(): Promise<void> {
  const socket = join(folder, "munge.socket");
  const key = join(folder, "munge.key");
  writeFileSync(key, randomBytes(1024), { mode: 0o400 });
  for (const name of ["state", "spool"]) mkdirSync(join(folder, name));
  writeFileSync(
    conf,
    `ClusterName=proof
SlurmctldHost=${hostname()}(127.0.0.1)
SlurmctldPort=${await freePort()}
SlurmdPort=${await freePort()}
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=${socket}
StateSaveLocation=${join(folder, "state")}
SlurmdSpoolDir=${join(folder, "spool")}
SlurmctldPidFile=${join(folder, "slurmctld.pid")}
SlurmdPidFile=${join(folder, "slurmd.pid")}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
SlurmdParameters=config_overrides
NodeName=${hostname()} NodeAddr=127.0.0.1 CPUs=8 RealMemory=16000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
`,
  );
  start(
    "munged",
    "--foreground",
    "--force",
    `--key-file=${key}`,
    `--socket=${socket}`,
    `--pid-file=${join(folder, "munged.pid")}`,
    `--log-file=${join(folder, "munged-own.log")}`,
    `--seed-file=${join(folder, "munge.seed")}`,
  );
  await until(() => existsSync(socket), "munged listens");
  start("slurmctld", "-D", "-f", conf);
  start("slurmd", "-D", "-f", conf);
  await until(
    () => spawnSync("sinfo", ["-h", "-o", "%T"], { encoding: "utf8", env }).stdout.trim() === "idle",
    "a node is idle",
  );
}

async function until(isTrue: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !isTrue(); tries++) {
    if (tries > 600) throw new Error(`not within minutes: ${what}; see ${folder}`);
    await delay(500);
  }
}

const queue = (job: string, format: string) =>
  spawnSync("squeue", ["-h", "-r", "-j", job, "-o", format], { encoding: "utf8", env })
    .stdout.trim()
    .split("\n")
    .filter(Boolean);

const submit = (script: string, more: NodeJS.ProcessEnv, ...flags: string[]) =>
  run("sbatch", ["--parsable", "--cpus-per-task=1", ...flags, script], more).trim();

function sameFiles(a: string, b: string): boolean {
  const names = readdirSync(a).sort();
  const all = names.every((name) => readFileSync(join(a, name)).equals(readFileSync(join(b, name))));
  return all && String(names) === String(readdirSync(b).sort());
}

function makeProject(): void {
  mkdirSync(join(folder, "node_modules/.bin"), { recursive: true });
  const main = join(root, "src/cli/main.ts");
  const program = join(folder, "node_modules/.bin/hpd");
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" --conditions=hpd-source "${main}" "$@"\n`);
  chmodSync(program, 0o755);
  for (const name of ["encode.sbatch", "teacher.sbatch"])
    copyFileSync(join(root, "examples/slurm", name), join(folder, name));
  mkdirSync(join(folder, "corpus"));
  for (let file = 0; file < 3; file++) {
    const lines = Array.from({ length: 1500 }, (_, line) =>
      JSON.stringify({
        id: `${file}-${line}`,
        text: `the man plays the flute ${line % 97} ${file} ${line}`,
        year: 2000 + (line % 20),
      }),
    );
    writeFileSync(join(folder, "corpus", `${file}.jsonl`), `${lines.join("\n")}\n`);
  }
}

async function proveEncoding(model: string): Promise<void> {
  const output = join(folder, "by-slurm");
  const variables = { INPUT: "corpus", OUTPUT: output, SHARDS: String(shards), MODEL: model };
  const job = submit("encode.sbatch", variables, `--array=0-${shards - 1}%3`);
  const running = () => queue(job, "%T %K").filter((line) => line.startsWith("RUNNING"));
  await until(() => running().length > 0, "a task runs");
  const [first] = running();
  const task = `${job}_${first!.split(" ")[1]}`;
  // One that runs is killed and begins again, one that waits is taken away, and one that runs is killed for good.
  run("scontrol", ["requeue", task]);
  run("scancel", [`${job}_${shards - 1}`]);
  await until(() => running().some((line) => line !== first) || queue(job, "%K").length === 0, "others run");
  const another = running().find((line) => line !== first);
  if (another !== undefined) run("scancel", ["--signal=KILL", "--full", `${job}_${another.split(" ")[1]}`]);
  await until(() => queue(job, "%K").length === 0, "the array ends");
  const { missing } = JSON.parse(hpd("encode", "--status", output, "--json")) as { missing: number[] };
  expect(missing.includes(shards - 1), `after a requeue, a cancelled and a killed task, shards ${missing} are missing`);
  const again = submit("encode.sbatch", variables, `--array=${missing.join(",")}`);
  await until(() => queue(again, "%K").length === 0, "the missing ones end");
  const status = JSON.parse(hpd("encode", "--status", output, "--json")) as { missing: number[]; rows: number };
  expect(status.missing.length === 0 && status.rows === 4500, `all ${shards} shards are there, ${status.rows} rows`);
  expect(/8 shards of 4,500 rows/.test(hpd("encode", "--verify", output)), "hpd encode --verify");
  const alone = join(folder, "alone");
  hpd("encode", "corpus", "--output", alone, "--shards", String(shards), "--model", model, "--workers", "2");
  expect(sameFiles(output, alone), "the same bytes as by one process");
}

async function proveTeacher(model: string): Promise<void> {
  const sentences = Array.from(
    { length: 3000 },
    (_, index) => `the man plays the flute ${index % 89} times and the dog ${index}`,
  );
  writeFileSync(join(folder, "sentences.txt"), sentences.join("\n"));
  const student = join(root, "test/fixtures/models/hpd-tinybert-like");
  writeFileSync(
    join(folder, "recipe.yaml"),
    `teacher: ${model}\nstudent: ${student}\nlayers: [0]\ndim: 8\nsentences: sentences.txt\nvalid: 100\nmaxSteps: 5\nthreads: 1\n`,
  );
  const embeddings = join(folder, "teacher");
  const job = submit("teacher.sbatch", { EMBEDDINGS: embeddings, SHARDS: "3" }, "--array=0-2");
  await until(() => queue(job, "%K").length === 0, "the teacher's array ends");
  const flags = (out: string) => [
    "distill",
    "--recipe",
    "recipe.yaml",
    "--out",
    out,
    "--cache-dir",
    `${out}-cache`,
    "--quiet",
  ];
  hpd(...flags("student"), "--teacher-embeddings", embeddings);
  hpd(...flags("student-alone"));
  const weights = (out: string) => readFileSync(join(folder, out, "model.safetensors"));
  expect(weights("student").equals(weights("student-alone")), "a student of three shards has the weights of one alone");
}

try {
  makeProject();
  await startSlurm();
  const model = join(root, "test/fixtures/models/bert");
  await proveEncoding(model);
  await proveTeacher(model);
} finally {
  // Steps outlive the daemons.
  spawnSync("scancel", ["--user=root", "--full"], { env });
  for (let tries = 0; tries < 60 && spawnSync("squeue", ["-h"], { encoding: "utf8", env }).stdout?.trim(); tries++)
    await delay(500);
  for (const daemon of daemons.reverse()) {
    daemon.kill("SIGTERM");
    if (daemon.exitCode === null) await new Promise((resolve) => daemon.once("exit", resolve));
  }
  if (process.exitCode) console.log(`logs are in ${folder}`);
  else rmSync(folder, { recursive: true });
}
