/**
 * Compares the embeddings of varied model folders with Python's: the same, or an `HpdError`.
 *
 *     python tools/fuzz/python/model-configs.py 1000 1 variations > cases.jsonl
 *     node --conditions hpd-source tools/fuzz/python/model-configs.ts cases.jsonl
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { SentenceTransformer } from "../../../src/encode/sentence-transformer.ts";
import { HpdError } from "../../../src/errors.ts";

interface Case {
  readonly folder: string;
  readonly change: string;
  readonly texts: string[];
  /** NaN and infinities are null. */
  readonly embeddings: Record<"query" | "document" | "plain", (number | null)[][]> | null;
}

const tolerance = 2e-5;
const counts = { same: 0, different: 0, refused: 0, "refused by both": 0, "refused by Python": 0 };

const [file] = process.argv.slice(2);
for await (const line of createInterface({ input: createReadStream(file!) })) {
  const given: Case = JSON.parse(line.replace(/-?\b(NaN|Infinity)\b/g, "null"));
  try {
    await using model = await SentenceTransformer.load(given.folder, { workers: 1, onWarning() {} });
    const { embeddings: python } = given;
    const found = {
      query: await model.encodeQuery(given.texts),
      document: await model.encodeDocument(given.texts),
      plain: await model.encode(given.texts),
    };
    if (python === null) {
      counts["refused by Python"]++;
      continue;
    }
    const worst = Math.max(
      ...(["query", "document", "plain"] as const).map((kind) => distance([...found[kind]], python[kind])),
    );
    if (worst < tolerance) counts.same++;
    else {
      counts.different++;
      console.log(`${given.change}: differs by ${worst} (${given.folder})`);
    }
  } catch (error) {
    if (!(error instanceof HpdError)) throw error;
    counts[given.embeddings === null ? "refused by both" : "refused"]++;
    if (given.embeddings !== null) console.log(`${given.change}: ${error.code} ${error.message}`);
  }
}
console.log(counts);
process.exitCode = counts.different === 0 ? 0 : 1;

function distance(rows: readonly Float32Array[], expected: readonly (readonly (number | null)[])[]): number {
  let worst = rows.length === expected.length ? 0 : Number.POSITIVE_INFINITY;
  for (const [at, row] of rows.entries()) {
    const wanted = expected[at] ?? [];
    if (row.length !== wanted.length) return Number.POSITIVE_INFINITY;
    for (const [column, value] of row.entries()) {
      const number = wanted[column];
      const isSame = number === null ? !Number.isFinite(value) : Math.abs(value - number!) <= worst;
      if (!isSame) worst = number === null ? Number.POSITIVE_INFINITY : Math.abs(value - number!);
    }
  }
  return worst;
}
