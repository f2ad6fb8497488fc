/**
 * Compares what is read of CSV, TSV and JSONL with what Python reads, in pieces that end anywhere.
 *
 *     python tools/fuzz/python/rows.py 100000 1 > cases.jsonl
 *     node --conditions hpd-source tools/fuzz/python/rows.ts cases.jsonl
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";
import { HpdError } from "../../../src/errors.ts";
import { Random } from "../../../src/random.ts";
import { rowsOfJsonl } from "../../../src/texts/jsonl.ts";
import { linesOf } from "../../../src/texts/lines.ts";
import type { Row } from "../../../src/texts/source.ts";
import { rowsOfTable } from "../../../src/texts/table.ts";
import { Utf8Decoder } from "../../../src/texts/utf8.ts";

interface Case {
  readonly kind: "csv" | "tsv" | "jsonl";
  readonly content: string;
  readonly rows: Record<string, string>[] | null;
  readonly odd: number;
}

const random = new Random(1);

async function* piecesOf(content: string): AsyncGenerator<string> {
  const decoder = new Utf8Decoder("case", true);
  const bytes = Buffer.from(content);
  for (let start = 0; start < bytes.length; ) {
    const end = start + 1 + random.nextInteger(random.nextInteger(2) === 0 ? 3 : 1000);
    yield* decoder.decode(bytes.subarray(start, end));
    start = end;
  }
  decoder.end();
}

function rowsOf({ kind, content }: Case, onBadRow: () => void): AsyncIterable<Row> {
  if (kind === "jsonl") return rowsOfJsonl(linesOf(piecesOf(content)), "case");
  const delimiter = kind === "csv" ? "," : "\t";
  return rowsOfTable(piecesOf(content), { delimiter, columns: [], name: "case", hint: "", onHeader() {}, onBadRow });
}

/** The fields that are texts. */
function textsOf({ values }: Row): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === "string"),
  );
}

/** Whether the row stands on its lines. */
function isAt({ kind, content }: Case, { firstLine, number, raw }: Row): boolean {
  const lines = content.replace(/^\ufeff/, "").split(kind === "jsonl" ? /\r?\n/ : /\r\n|\n|\r/);
  const there = lines.slice(firstLine - 1, number).join("\n");
  return there === (kind === "jsonl" ? raw : raw!.replace(/\r\n?/g, "\n")) || there === `${raw}\r`;
}

async function read(each: Case): Promise<{ rows: Record<string, string>[] | null; odd: number }> {
  const rows: Record<string, string>[] = [];
  let odd = 0;
  try {
    for await (const row of rowsOf(each, () => odd++)) {
      rows.push(textsOf(row));
      if (!isAt(each, row)) throw new Error(`line ${row.firstLine} isn't ${row.raw}: ${JSON.stringify(each.content)}`);
    }
  } catch (error) {
    if (!(error instanceof HpdError)) throw error;
    return { rows: null, odd: 0 };
  }
  return { rows, odd };
}

let cases = 0;
let wrong = 0;
let refused = 0;
for await (const line of createInterface({ input: createReadStream(process.argv[2]!) })) {
  const each: Case = JSON.parse(line);
  cases++;
  const got = await read(each);
  if (got.rows === null) refused++;
  if (isDeepStrictEqual(got.rows, each.rows) && got.odd === each.odd) continue;
  if (wrong++ < 20) console.log(JSON.stringify({ ...each, got }));
}
console.log(`${cases} files, ${refused} refused by both, ${wrong} read otherwise than Python`);
process.exitCode = wrong > 0 ? 1 : 0;
