/**
 * Retrieval tasks in BEIR's form: a folder with `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`,
 * `text`) and `qrels/test.tsv` (`query-id`, `corpus-id`, `score`, with a header), or the only `.tsv` of `qrels/`; each
 * may be `.gz` or `.zst`.
 * Source: `GenericDataLoader` of BEIR; title and text are joined as MTEB joins them. MTEB's own files on the hub have the
 * same rows. A row with an unknown query or document is an error: BEIR and MTEB would lower the score.
 *
 * A document with the query's id is left out, as in BEIR's `evaluate`: in ArguAna and Quora it is the query itself. It
 * counts if the qrels judge it relevant, where BEIR would count it as missed.
 */
import { existsSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { openRows } from "../../texts/open-rows.ts";
import { fieldOf, numberOf, textOf } from "../../texts/row.ts";
import type { Row } from "../../texts/source.ts";
import { withoutZip } from "../../texts/unzip.ts";
import { InformationRetrievalEvaluator, type RetrievalData } from "../evaluators/information-retrieval.ts";
import { folderNameOf } from "./rows-of-file.ts";
import type { Task } from "./task.ts";

/** A retrieval task in BEIR's form. @param name default: the folder's */
export function beirTask(folder: string, name = folderNameOf(folder)): Task {
  return {
    name,
    isOwnFile: true,
    load: async (_, signal) => [
      new InformationRetrievalEvaluator(await readBeir(folder, signal), { name, ignoreIdenticalIds: true }),
    ],
  };
}

/** Reads BEIR's files. @throws HpdError `not_found` with the expected layout; `corrupt_file`, `invalid_argument` with file and line */
export async function readBeir(folder: string, signal?: AbortSignal): Promise<RetrievalData> {
  const [corpusFile, queriesFile] = [findFile(folder, "corpus.jsonl"), findFile(folder, "queries.jsonl")];
  const qrelsFile = findQrels(folder);
  const corpus = await readTexts(corpusFile, documentOf, signal);
  const queries = await readTexts(queriesFile, (row) => textOf(row, "text"), signal);
  const relevantDocs = new Map<string, Map<string, number>>();
  const columns = ["query-id", "corpus-id", "score"] as const;
  const { rows } = await openRows(qrelsFile, { format: "tsv", columns, signal });
  for await (const row of rows) {
    const [query, document] = [textOf(row, columns[0]), textOf(row, columns[1])];
    if (!queries.has(query)) throw unknownId(row, columns[0], query, queriesFile);
    if (!corpus.has(document)) throw unknownId(row, columns[1], document, corpusFile);
    relevantDocs.set(query, (relevantDocs.get(query) ?? new Map()).set(document, numberOf(row, columns[2])));
  }
  return { queries, corpus, relevantDocs };
}

function findFile(folder: string, file: string): string {
  const candidates = ["", ".gz", ".zst"].map((ending) => join(folder, file + ending));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found === undefined) throw notFound(`there is no ${candidates[0]}`);
  return found;
}

/** The qrels of the split `test`, or of the only split there is, such as MS MARCO's `dev`. */
function findQrels(folder: string): string {
  const qrels = join(folder, "qrels");
  const isFolder = statSync(qrels, { throwIfNoEntry: false })?.isDirectory();
  const files = isFolder ? readdirSync(qrels).filter((file) => withoutZip(file).endsWith(".tsv")) : [];
  const test = ["test.tsv", "test.tsv.gz", "test.tsv.zst"].find((file) => files.includes(file));
  const found = test ?? (files.length === 1 ? files[0] : undefined);
  if (found !== undefined) return join(qrels, found);
  const others = files.length === 0 ? "" : `: there are ${files.sort().join(", ")}`;
  throw notFound(`there is no ${join(qrels, "test.tsv")}${others}`);
}

function notFound(problem: string): HpdError {
  return new HpdError(
    "not_found",
    `${problem}. Expected BEIR's layout: corpus.jsonl with _id, title and text, queries.jsonl with _id and text, ` +
      "qrels/test.tsv (or one other .tsv) with the columns query-id, corpus-id and score; each may end in .gz or .zst",
  );
}

async function readTexts(
  file: string,
  textOfRow: (row: Row) => string,
  signal?: AbortSignal,
): Promise<Map<string, string>> {
  const { rows } = await openRows(file, { format: "jsonl", columns: [], signal });
  const texts = new Map<string, string>();
  for await (const row of rows) {
    const id = idOf(row);
    if (texts.has(id))
      throw new HpdError("invalid_argument", `${row.place}: each _id should occur once, got ${describe(id)} again`);
    texts.set(id, textOfRow(row));
  }
  if (texts.size === 0) throw new HpdError("invalid_argument", `${file} should have rows, got none`);
  return texts;
}

function idOf(row: Row): string {
  // Some data sets number their rows; qrels are text.
  const id = fieldOf(row, "_id");
  return typeof id === "number" ? String(id) : textOf(row, "_id");
}

/** The text of a document: its title and text, joined as `_corpus_to_dict` of MTEB does. */
function documentOf(row: Row): string {
  const text = textOf(row, "text");
  const title = fieldOf(row, "title") == null ? "" : textOf(row, "title");
  return (title === "" ? text : `${title} ${text}`).trim();
}

function unknownId({ place }: Row, column: string, id: string, file: string): HpdError {
  return new HpdError("invalid_argument", `${place}: ${column} should be an _id of ${file}, got ${describe(id)}`);
}
