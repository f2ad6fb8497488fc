/** `hpd evaluate`: a model's scores and its cost, alone or beside another model's. */
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { buildReport, htmlReport, markdownReport, mtebResults, textReport } from "../evaluation/index.ts";
import { makeFolder } from "../files/make-folder.ts";
import { replaceFile } from "../files/replace-file.ts";
import { type Command, positiveIntegerFlag, stringFlag, UsageError } from "./command.ts";
import { evaluateModels } from "./evaluate-models.ts";
import { modelFlags, modelFlagsHelp } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { PartialFile } from "./output/partial-file.ts";
import { loadTasks, taskFiles } from "./tasks.ts";
import { print, printJson } from "./terminal.ts";

const samples = 1000;

export const evaluateCommand: Command = {
  summary: "a model's scores and what it costs, alone or against another",
  help: `Usage: hpd evaluate [MODEL] [options]

Scores a model on tasks with known answers and measures what it costs. Every score comes with a 95 % confidence
interval, and so does every difference between two models.

Tasks:
  --tasks NAMES            separated by commas; default: sts
                             sts          STS12 to STS16, STS-B and SICK-R: the table of the papers, and its mean of 7
                             sts12 ... sts16, sts-b, sick-r, sts-b-dev
                             quora        question pairs: duplicates told apart, and found among all questions
                           or files of one's own, .jsonl, .json, .csv, .tsv or .parquet, with these columns:
                             sts:FILE     sentence1, sentence2, score, as MTEB's are
                             pairs:FILE   sentence1, sentence2, label, which is 1 or 0: told apart
                             clustering:FILE          text, label: clusters against labels
                             classification:FOLDER    train.* and test.* with text, label: a linear model on examples
                             retrieval:FOLDER         BEIR's form: corpus.jsonl, queries.jsonl, qrels/test.tsv
  --data FOLDER            holds the tasks' files: sts/ and sick/ as SentEval lays them out, quora/
                           (default: HPD_DATA, else the current folder)

Models:
  --against MODEL          a second model on the same tasks: differences, what is retained of its scores, ratios of cost
  --truncate-dim N,N       also with only the first N dimensions of MODEL's embeddings
  --no-cost                scores alone; the cost takes a moment in a process of its own

Output: tables to read, and
  --json                   everything as JSON instead of the tables
  --html FILE              a page to look at: bars, every pair as a dot, the pairs that the model gets most wrong.
                           One file, no network
  --markdown FILE          the tables for a model card
  --mteb FOLDER            a file for each of MODEL's tasks in the format of MTEB's results
  --seed N                 of the subsamples behind the intervals (default: 1)

${modelFlagsHelp}
                           All of them but --revision and --pooling hold for --against, too.

Examples:
  hpd evaluate sentence-transformers/all-MiniLM-L6-v2 --data SentEval/data/downstream
  hpd evaluate ./student --against ./teacher --truncate-dim 64,32 --html report.html
  hpd evaluate ./student --tasks sts-b-dev --no-cost --json`,
  options: {
    ...modelFlags,
    tasks: { type: "string" },
    data: { type: "string" },
    against: { type: "string" },
    "truncate-dim": { type: "string" },
    "no-cost": { type: "boolean" },
    json: { type: "boolean" },
    html: { type: "string" },
    markdown: { type: "string" },
    mteb: { type: "string" },
    seed: { type: "string" },
  },
  async run(context) {
    const { flags, positionals, signal } = context;
    if (positionals.length > 1) {
      throw new UsageError(`one model at a time, got ${positionals.join(", ")}; --against takes a second one`);
    }
    const seed = positiveIntegerFlag(flags, "seed") ?? 1;
    const dimensions = dimensionsFlag(stringFlag(flags, "truncate-dim"));
    const names = (stringFlag(flags, "tasks") ?? "sts").split(",").map((name) => name.trim());
    await requireSeparateOutputs(flags, await taskFiles(names, stringFlag(flags, "data")), ["html", "markdown"]);
    const evaluators = await loadTasks(names, stringFlag(flags, "data"), signal);

    await using outputs = new Outputs();
    const files = new Map<"html" | "markdown", PartialFile>();
    for (const kind of ["html", "markdown"] as const) {
      const path = stringFlag(flags, kind);
      if (path !== undefined) files.set(kind, await outputs.add(PartialFile.create(path)));
    }
    const mteb = stringFlag(flags, "mteb");
    if (mteb !== undefined) {
      await makeFolder(mteb).catch((cause) => {
        throw cannotWrite(mteb, cause);
      });
    }

    const models = await evaluateModels(context, evaluators, dimensions);
    const baseline = flags.against === undefined ? models[0]! : models.at(-1)!;
    const report = buildReport(models, baseline.name, {
      sampling: { samples, seed },
      createdAt: new Date().toISOString(),
      machine: `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores, Node ${process.version}`,
    });
    await files.get("html")?.append(Buffer.from(htmlReport(report, models)));
    await files.get("markdown")?.append(Buffer.from(markdownReport(report)));
    await outputs.finish();
    for (const { fileName, content } of mteb === undefined ? [] : mtebResults(report.models[0]!)) {
      await replaceFile(join(mteb!, fileName), `${JSON.stringify(content, null, 2)}\n`);
    }
    if (flags.json) printJson(report);
    else print(`${textReport(report)}\n`);
  },
};

function dimensionsFlag(value: string | undefined): number[] {
  const parts = value?.split(",") ?? [];
  const dimensions = parts.map((part) => positiveIntegerFlag({ "truncate-dim": part.trim() }, "truncate-dim")!);
  return [...new Set(dimensions)];
}
