/**
 * Encoding in shards beside plain `hpd encode`, by turns, each a process of its own: what the manifest, the division of the
 * input and the commits cost, the share of writing Parquet, and the most memory of each. Sentences are made up, of the words
 * of an English vocabulary and mostly of 5 to 25 of them.
 * `npm run bench:shards -- --count 1000000 --shards 16 [--model FOLDER]`
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PartialFile } from "../src/files/partial-file.ts";
import { defaultModel, SentenceTransformer } from "../src/index.ts";
import { ParquetRows } from "../src/jobs/outputs/parquet-rows.ts";
import { Random } from "../src/random.ts";

const { values } = parseArgs({
  options: {
    model: { type: "string", default: defaultModel() },
    count: { type: "string", default: "1000000" },
    shards: { type: "string", default: "16" },
    rounds: { type: "string", default: "1" },
  },
});
const count = Number(values.count);
const folder = mkdtempSync(join(tmpdir(), "hpd-bench-shards-"));
const main = join(import.meta.dirname, "../dist/cli/main.js");

interface Run {
  readonly seconds: number;
  /** Most memory that was resident, in MB; undefined where the system doesn't tell. */
  readonly megabytes: number | undefined;
}

async function hpd(...args: string[]): Promise<Run> {
  const start = performance.now();
  const child = spawn(process.execPath, [main, ...args, "--model", values.model, "--quiet"], { stdio: "inherit" });
  let megabytes: number | undefined;
  const look = setInterval(() => {
    try {
      const peak = /VmHWM:\s*(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1];
      if (peak !== undefined) megabytes = Math.round(Number(peak) / 1024);
    } catch {
      // It has ended, or there is no /proc.
    }
  }, 200);
  const [code] = await once(child, "exit");
  clearInterval(look);
  if (code !== 0) throw new Error(`hpd ${args.join(" ")} ended with ${code}`);
  return { seconds: (performance.now() - start) / 1000, megabytes };
}

function* sentences(): Generator<string> {
  const random = new Random(1);
  const words = readFileSync(join(values.model, "vocab.txt"), "utf8")
    .split("\n")
    .filter((word) => /^[a-z]{2,}$/.test(word))
    .slice(0, 5_000);
  for (let index = 0; index < count; index++) {
    const length = 5 + random.nextInteger(21);
    yield Array.from({ length }, () => words[Math.floor(words.length * random.nextFloat() ** 3)]).join(" ");
  }
}

async function writeInput(path: string): Promise<void> {
  const out = createWriteStream(path);
  let id = 0;
  for (const text of sentences()) if (!out.write(`${JSON.stringify({ id: id++, text })}\n`)) await once(out, "drain");
  await once(out.end(), "finish");
}

/** Seconds of writing as many rows as Parquet, without encoding. */
async function parquetSeconds(dimension: number): Promise<number> {
  const file = await PartialFile.create(join(folder, "alone.parquet"));
  const columns = [{ name: "id", type: "integer" } as const, { name: "text", type: "text" } as const];
  const random = new Random(1);
  const embedding = Float32Array.from({ length: dimension }, () => random.nextFloat() - 0.5);
  let seconds = 0;
  const timed = async (work: () => Promise<unknown>) => {
    const start = performance.now();
    await work();
    seconds += (performance.now() - start) / 1000;
  };
  const rows = await ParquetRows.open(file, columns, { dimension, dtype: "float32" });
  let id = 0n;
  for (const text of sentences()) await timed(() => rows.write(embedding.slice(), [id++, text]));
  await timed(async () => {
    await rows.end();
    await file.finish();
  });
  return seconds;
}

try {
  const input = join(folder, "sentences.jsonl");
  await writeInput(input);
  const runs: Record<string, Run[]> = { plain: [], shards: [] };
  for (let round = 0; round < Number(values.rounds); round++) {
    runs.plain!.push(await hpd("encode", input, "--output", join(folder, "plain.npy")));
    const output = join(folder, `shards-${round}`);
    runs.shards!.push(await hpd("encode", input, "--output", output, "--shards", values.shards));
    rmSync(output, { recursive: true });
  }
  const best = (name: string) => runs[name]!.toSorted((a, b) => a.seconds - b.seconds)[0]!;
  const [plain, sharded] = [best("plain"), best("shards")];
  await using model = await SentenceTransformer.load(values.model, { workers: 0 });
  const parquet = await parquetSeconds(model.dimension);
  const shown = ({ seconds, megabytes }: Run) =>
    `${seconds.toFixed(1)} s, ${Math.round(count / seconds)} texts/s, at most ${megabytes} MB`;
  console.log(`${count} sentences, ${values.model}, best of ${values.rounds}`);
  console.log(`plain encode, .npy            ${shown(plain)}`);
  console.log(`${values.shards} shards in one process, Parquet  ${shown(sharded)}`);
  console.log(`overhead of shards            ${(100 * (sharded.seconds / plain.seconds - 1)).toFixed(1)} %`);
  console.log(
    `Parquet alone                 ${parquet.toFixed(1)} s, ${((100 * parquet) / plain.seconds).toFixed(1)} % of it`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
