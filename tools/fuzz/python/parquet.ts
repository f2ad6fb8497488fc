/**
 * Compares what is read of sound Parquet files with what pyarrow reads.
 *
 *     python tools/fuzz/python/parquet.py FOLDER
 *     node --conditions hpd-source tools/fuzz/python/parquet.ts FOLDER
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openRows } from "../../../src/texts/open-rows.ts";

interface File {
  readonly file: string;
  readonly settings: string;
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}

const folder = process.argv[2]!;
const files: File[] = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));

function isSame(wanted: unknown, got: unknown): boolean {
  if (typeof wanted !== "object" || wanted === null) return wanted === got;
  if ("integer" in wanted) return String(got) === wanted.integer;
  const { number } = wanted as { number: number };
  return Math.abs((got as number) - number) <= 1e-12 * Math.abs(number);
}

let columns = 0;
let wrong = 0;
for (const { file, settings, columns: expected } of files) {
  for (const [name, wanted] of Object.entries(expected)) {
    columns++;
    const got: unknown[] = [];
    const { rows } = await openRows(join(folder, file), { format: "parquet", columns: [name] });
    for await (const { values } of rows) got.push(values[name]);
    if (got.length === wanted.length && wanted.every((value, row) => isSame(value, got[row]))) continue;
    wrong++;
    console.log(`${file}, ${name} (${settings}): ${got.length} values for ${wanted.length}`);
  }
}
console.log(`${files.length} files, ${columns} columns, ${wrong} wrong`);
process.exitCode = wrong > 0 ? 1 : 0;
