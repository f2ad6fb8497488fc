/**
 * Damages Parquet files and reads them: each has to end in rows or in an `HpdError`, within a second, and in bounded memory.
 *
 *     node --conditions hpd-source tools/fuzz/parquet.ts FOLDER [COUNT] [SEED]
 *
 * FOLDER has sound files, which `parquet-files.py` makes. A file that is read wrongly is not found here: that is what
 * `parquet-values.ts` is for.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { HpdError } from "../../src/errors.ts";
import { Random } from "../../src/random.ts";
import { openRows } from "../../src/texts/open-rows.ts";

const [folder, count = "10000", firstSeed = "1"] = process.argv.slice(2);
const files = readdirSync(folder!)
  .filter((file) => file.endsWith(".parquet"))
  .map((file) => ({ file, bytes: readFileSync(join(folder!, file)) }))
  .filter(({ bytes }) => bytes.length < 1_000_000);
const scratch = mkdtempSync(join(tmpdir(), "hpd-fuzz-"));
const target = join(scratch, "damaged.parquet");

/** [seed, when it began]: a thread of its own looks at them, since one that hangs can't. */
const watched = new Float64Array(new SharedArrayBuffer(16));
const watchdog = new Worker(
  `const { workerData } = require("node:worker_threads");
   setInterval(() => {
     if (workerData[1] > 0 && Date.now() - workerData[1] > 10_000) { require("node:fs").writeSync(2, "HANGS: seed " + workerData[0] + "\\n"); process.kill(process.pid, "SIGKILL"); }
   }, 500);`,
  { eval: true, workerData: watched },
);

function damage(bytes: Buffer, random: Random): Buffer {
  const damaged = Buffer.from(bytes);
  // Most of a file is values: half of the damage goes to the footer.
  const footer = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
  for (let flips = 1 + random.nextInteger(4); flips > 0; flips--) {
    const start = random.nextInteger(2) === 0 ? footer : 4;
    const at = start + random.nextInteger(bytes.length - start);
    const kind = random.nextInteger(4);
    if (kind === 0) damaged[at]! ^= 1 << random.nextInteger(8);
    else if (kind === 1) damaged[at] = random.nextInteger(256);
    else if (kind === 2) damaged[at] = [0, 0x7f, 0x80, 0xff][random.nextInteger(4)]!;
    else damaged.subarray(at, at + 1 + random.nextInteger(6)).fill(0xff);
  }
  return damaged;
}

const outcomes = { rows: 0, refused: 0, slow: 0, wrong: 0 };
for (let seed = Number(firstSeed); seed < Number(firstSeed) + Number(count); seed++) {
  const random = new Random(seed);
  const { file, bytes } = files[random.nextInteger(files.length)]!;
  writeFileSync(target, damage(bytes, random));
  watched[0] = seed;
  watched[1] = Date.now();
  const cpu = process.cpuUsage();
  try {
    for (const column of ["text", ["few", "int64", "double", "bool", "decimal", "sorted", "seq"][seed % 7]!]) {
      const { rows } = await openRows(target, { format: "parquet", columns: [column] });
      for await (const { values } of rows)
        if (!Object.hasOwn(values, column)) throw new Error("a row lacks its column");
    }
    outcomes.rows++;
  } catch (error) {
    if (error instanceof HpdError) outcomes.refused++;
    else {
      outcomes.wrong++;
      console.log(`seed ${seed}, ${file}:`, error);
    }
  }
  const seconds = process.cpuUsage(cpu).user / 1e6;
  const megabytes = process.memoryUsage.rss() / 1e6;
  if (seconds > 1 || megabytes > 1500) {
    outcomes.slow++;
    console.log(`seed ${seed}, ${file}: ${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`);
  }
}
watched[1] = 0;
await watchdog.terminate();
rmSync(scratch, { recursive: true });
console.log(JSON.stringify(outcomes));
process.exitCode = outcomes.wrong + outcomes.slow > 0 ? 1 : 0;
