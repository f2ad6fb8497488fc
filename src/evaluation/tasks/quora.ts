/**
 * Quora's question pairs, as pair classification and as retrieval: a question's duplicates among all questions.
 * The file is `quora/pairs.tsv.gz` (or `.tsv`) of the data folder: label, question 1, question 2, without a header.
 */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { HpdError } from "../../errors.ts";
import { BinaryClassificationEvaluator, type LabelledPairs } from "../evaluators/binary-classification.ts";
import { InformationRetrievalEvaluator, type RetrievalData } from "../evaluators/information-retrieval.ts";
import { pairLabelOf } from "./pair-label.ts";
import { readTabSeparated } from "./read-tab-separated.ts";
import type { Task } from "./task.ts";

export const quoraTask: Task = {
  name: "quora",
  isOwnFile: false,
  async load(data, signal) {
    const pairs = await readQuoraPairs(findFile(data), signal);
    return [
      new BinaryClassificationEvaluator(pairs, { name: "Quora" }),
      new InformationRetrievalEvaluator(duplicateRetrieval(pairs), {
        name: "QuoraRetrieval",
        ignoreIdenticalIds: true,
      }),
    ];
  },
};

function findFile(data: string): string {
  const files = ["pairs.tsv.gz", "pairs.tsv"].map((name) => join(data, "quora", name));
  const found = files.find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new HpdError(
    "not_found",
    `there is no ${files.join(" and no ")}. Expected lines of label (1 for duplicates, else 0), question 1 and question 2, ` +
      "with tabs between",
  );
}

async function readQuoraPairs(file: string, signal?: AbortSignal): Promise<LabelledPairs> {
  const pairs = { sentences1: [] as string[], sentences2: [] as string[], labels: [] as number[] };
  for (const { cells, place } of await readTabSeparated(file, 3, signal)) {
    const [label, sentence1, sentence2] = cells as [string, string, string];
    pairs.sentences1.push(sentence1);
    pairs.sentences2.push(sentence2);
    pairs.labels.push(pairLabelOf(label, place));
  }
  if (pairs.labels.length === 0) throw new HpdError("invalid_argument", `${file} should have pairs, got none`);
  return pairs;
}

/**
 * The retrieval of duplicates. Each distinct question is a document whose id is its text. The first question of every pair
 * of duplicates is a query; all questions that some pair labels its duplicates are relevant.
 */
export function duplicateRetrieval({ sentences1, sentences2, labels }: LabelledPairs): RetrievalData {
  const duplicatesOf = new Map<string, Map<string, number>>();
  const add = (question: string, duplicate: string) => {
    // A question paired with itself would find itself.
    if (question === duplicate) return;
    duplicatesOf.set(question, (duplicatesOf.get(question) ?? new Map()).set(duplicate, 1));
  };
  for (const [index, label] of labels.entries()) {
    if (label !== 1) continue;
    add(sentences1[index]!, sentences2[index]!);
    add(sentences2[index]!, sentences1[index]!);
  }
  const queries = new Set(sentences1.filter((question, index) => labels[index] === 1 && duplicatesOf.has(question)));
  const withIds = (texts: Iterable<string>) => new Map(Array.from(texts, (text) => [text, text]));
  return {
    queries: withIds(queries),
    corpus: withIds([...sentences1, ...sentences2]),
    relevantDocs: new Map(Array.from(queries, (query) => [query, duplicatesOf.get(query)!])),
  };
}
