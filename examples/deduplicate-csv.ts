/**
 * Writes the rows of a CSV file without those whose text says nearly the same as that of a row before.
 *
 *     node deduplicate-csv.ts tickets.csv subject > distinct.csv
 */
import { readFile } from "node:fs/promises";
import { SentenceTransformer } from "hpd";
import { removeNearDuplicates } from "hpd/cluster";

const [file, column, threshold = "0.9"] = process.argv.slice(2);
if (file === undefined || column === undefined) {
  console.error("usage: node deduplicate-csv.ts FILE COLUMN [THRESHOLD]");
  process.exit(2);
}

/** Rows with the line that each was: fields may be quoted, and hold commas and lines then. */
function parseCsv(csv: string): { row: string; fields: string[] }[] {
  const rows = csv.match(/(?:"(?:[^"]|"")*"|[^"\n])+/g) ?? [];
  return rows.map((row) => ({
    row: row.replace(/\r$/, ""),
    fields: [...row.replace(/\r$/, "").matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(
      ([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "",
    ),
  }));
}

const [header, ...rows] = parseCsv(await readFile(file, "utf8"));
const at = header?.fields.indexOf(column) ?? -1;
if (at < 0) throw new Error(`${file} has no column ${column}; it has ${header?.fields.join(", ")}`);

const model = await SentenceTransformer.load();
// A stream: only the embeddings that are kept stay in memory.
const embeddings = model.encodeStream(rows.map(({ fields }) => fields[at] ?? ""));
const { kept } = await removeNearDuplicates(embeddings, { threshold: Number(threshold) });
await model.dispose();

console.log([header, ...kept.map((index) => rows[index])].map((each) => each?.row).join("\n"));
console.error(`${rows.length} rows, ${kept.length} kept`);
