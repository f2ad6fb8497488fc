/**
 * Search over documentation, judged: questions that a person would ask, each with the file and a phrase that the right
 * passage holds (`retrieval-questions.json`), over the READMEs of the packages that `npm ci` installs.
 * `npm run bench:retrieval -- [--model NAME] [--out FOLDER] [--misses]`
 *
 * The questions were chosen before any results were seen. Whatever has a setting is tuned on the half `dev` alone;
 * `test` is what a change is judged by.
 */
import { cp, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative, sep } from "node:path";
import { parseArgs } from "node:util";
import { buildIndex, type PassageHit, PassageIndex, type SearchMode, searchModes } from "../src/passage-index/index.ts";

interface Question {
  readonly half: "dev" | "test";
  readonly question: string;
  /** Below node_modules. Any of them. */
  readonly files: readonly string[];
  /** In the right passage, whatever its white space. */
  readonly phrase: string;
}

const { values } = parseArgs({
  options: {
    model: { type: "string" },
    out: { type: "string" },
    misses: { type: "boolean", default: false },
  },
});
const topK = 10;
const halves = ["dev", "test"] as const;
const questions: Question[] = JSON.parse(await readFile(join(import.meta.dirname, "retrieval-questions.json"), "utf8"));
const scratch = await mkdtemp(join(tmpdir(), "hpd-bench-retrieval-"));

try {
  const documents = join(scratch, "readmes");
  const count = await copyReadmes(join(import.meta.dirname, "../node_modules"), documents);
  for (const question of questions) await requireAnswer(documents, question);
  const out = values.out ?? join(scratch, "readmes.index");
  const report = await buildIndex([documents], { out, ...(values.model !== undefined && { model: values.model }) });
  console.log(`${count} READMEs, ${report.passages} passages; hit@1, hit@3, MRR@${topK}`);
  await using index = await PassageIndex.open(out);
  for (const mode of searchModes) {
    const ranks = new Map<Question, number>();
    for (const question of questions) ranks.set(question, await rankOf(index, question, mode));
    for (const half of halves) console.log(`${mode.padEnd(7)} ${half.padEnd(4)} ${scores(ranks, half)}`);
    if (!values.misses || mode !== "hybrid") continue;
    for (const [{ question, half }, rank] of ranks)
      if (half === "dev" && rank !== 1) console.log(`  ${rank}  ${question}`);
  }
} finally {
  await rm(scratch, { recursive: true });
}

/** Without the folders `node_modules`, which a build passes over. @returns how many */
async function copyReadmes(from: string, to: string): Promise<number> {
  let count = 0;
  for (const entry of await readdir(from, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/^readme.*\.(?:md|markdown)$/i.test(entry.name)) continue;
    const path = relative(from, join(entry.parentPath, entry.name)).split(sep);
    if (path.some((name) => name.startsWith("."))) continue;
    await cp(join(from, ...path), join(to, ...path.filter((name) => name !== "node_modules")));
    count++;
  }
  return count;
}

async function requireAnswer(documents: string, { question, files, phrase }: Question): Promise<void> {
  for (const file of files) {
    const text = await readFile(join(documents, file), "utf8");
    if (!squeezed(text).includes(squeezed(phrase))) throw new Error(`${question} ${file} has no ${phrase}`);
  }
}

/** Of the first passage that is right, counted from 1; 0 where none is. */
async function rankOf(index: PassageIndex, { question, files, phrase }: Question, mode: SearchMode): Promise<number> {
  const isRight = ({ file, text }: PassageHit) =>
    files.some((name) => file.endsWith(`/${name}`)) && squeezed(text).includes(squeezed(phrase));
  return (await index.search(question, { mode, topK })).findIndex(isRight) + 1;
}

function scores(ranks: ReadonlyMap<Question, number>, half: (typeof halves)[number]): string {
  const own = [...ranks].filter(([question]) => question.half === half).map(([, rank]) => rank);
  const within = (places: number) => own.filter((rank) => rank > 0 && rank <= places).length / own.length;
  const mrr = own.reduce((sum, rank) => sum + (rank === 0 ? 0 : 1 / rank), 0) / own.length;
  return [within(1), within(3), mrr].map((value) => value.toFixed(3)).join("  ");
}

function squeezed(text: string): string {
  return text.replace(/\s+/g, " ");
}
