/** `hpd evaluate`: a model's scores and its cost, alone or in comparison with another model. */
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { cannotWrite } from "../common/file-errors.ts";
import { buildReport, htmlReport, markdownReport, mtebResults, textReport } from "../evaluation/index.ts";
import { makeFolder } from "../files/make-folder.ts";
import { PartialFile } from "../files/partial-file.ts";
import { replaceFile } from "../files/replace-file.ts";
import { defineCommand } from "./command.ts";
import { evaluateModels } from "./evaluate-models.ts";
import { modelSettings } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { requireUncompressed } from "./output/require-uncompressed.ts";
import { positiveInteger, type Sections, type TableOf, type ValuesOf } from "./settings/table.ts";
import { loadTasks, taskFiles } from "./tasks.ts";
import { print, printJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const samples = 1000;

const sections = {
  Tasks: {
    about: "--tasks takes names, separated by commas, of",
    terms: {
      sts: "semantic textual similarity: STS12 to STS16, STS-B and SICK-R, the seven tasks of the papers, and their mean",
      "sts12 ... sts16, sts-b, sick-r, sts-b-dev": "one of these",
      quora: "Quora's question pairs: duplicates classified, and retrieved among all questions",
      "sts:FILE": "your own pairs with scores: columns sentence1, sentence2, score, as in MTEB",
      "pairs:FILE": "pair classification: columns sentence1, sentence2, label (1 or 0)",
      "clustering:FILE": "clusters compared with labels: columns text, label",
      "classification:FOLDER": "a linear classifier on a few examples: files train.* and test.* with text, label",
      "retrieval:FOLDER": "search in BEIR's form: corpus.jsonl, queries.jsonl, qrels/test.tsv",
    },
    settings: {
      tasks: {
        kind: "text",
        value: "NAMES",
        default: "sts",
        help: "tasks to score; files are .jsonl, .json, .csv, .tsv or .parquet",
      },
      data: {
        kind: "text",
        value: "FOLDER",
        help: "folder with the data of the named tasks: sts/ and sick/ as SentEval lays them out, quora/",
        defaultsTo: "HPD_DATA, or the current folder",
      },
    },
  },
  Models: {
    settings: {
      against: {
        kind: "text",
        value: "MODEL",
        help: "a second model on the same tasks, as baseline: differences of scores and whether they are significant, ratios of cost",
      },
      "truncate-dim": {
        kind: "integers",
        value: "N,N",
        expected: "positive integers as in 64,32",
        isValid: (value) => value > 0,
        help: "also score the first N dimensions of MODEL's embeddings, for each N",
      },
      "no-cost": {
        kind: "switch",
        help: "skip the measurement of speed and memory, which runs in a process of its own",
      },
    },
  },
  Output: {
    about: "Tables on standard output, and",
    settings: {
      json: { kind: "switch", help: "JSON instead of the tables" },
      html: {
        kind: "text",
        value: "FILE",
        help: "a page with charts: scores, every pair as a dot, the pairs with the largest errors. One file, no network",
      },
      markdown: { kind: "text", value: "FILE", help: "the tables for a model card" },
      mteb: { kind: "text", value: "FOLDER", help: "a file for each of MODEL's tasks in MTEB's result format" },
      seed: { ...positiveInteger, default: 1, help: "seed of the subsamples behind the confidence intervals" },
    },
  },
  Model: {
    settings: modelSettings,
    notes: "All but --model, --revision and --pooling apply to --against, too.",
  },
} as const satisfies Sections;

export type EvaluateValues = ValuesOf<TableOf<typeof sections>>;

export const evaluateCommand = defineCommand({
  summary: "score a model on tasks, alone or against another one",
  usage: "evaluate [MODEL] [options]",
  about: `
    Scores a model on tasks with known answers and measures its speed, size and memory. Every score has a 95 % confidence
    interval, and so has every difference between two models.`,
  sections,
  examples: {
    "Score a model on the STS tasks":
      "hpd evaluate sentence-transformers/all-MiniLM-L6-v2 --data SentEval/data/downstream",
    "Compare a student with its teacher, also at fewer dimensions, on a page":
      "hpd evaluate ./student --against ./teacher --truncate-dim 64,32 --html report.html",
    "Get one score quickly, for a script": "hpd evaluate ./student --tasks sts-b-dev --no-cost --json",
    "Score retrieval on your own data": "hpd evaluate ./my-model --tasks retrieval:my-questions/",
  },
  async run(context) {
    const { values, positionals, signal } = context;
    if (positionals.length > 1) {
      throw new UsageError(`expected one MODEL, got ${positionals.join(", ")}: give the second one by --against`);
    }
    const { seed, data, mteb } = values;
    requireUncompressed(values.html, values.markdown);
    const names = values.tasks.split(",").map((name) => name.trim());
    await requireSeparateOutputs(values, await taskFiles(names, data), ["html", "markdown"]);
    const evaluators = await loadTasks(names, data, signal);

    await using outputs = new Outputs();
    const open = (path: string | undefined) => path && outputs.add(PartialFile.create(path));
    const html = await open(values.html);
    const markdown = await open(values.markdown);
    if (mteb !== undefined) {
      await makeFolder(mteb).catch((cause) => {
        throw cannotWrite(mteb, cause);
      });
    }

    const models = await evaluateModels(context, evaluators);
    const baseline = values.against === undefined ? models[0]! : models.at(-1)!;
    const report = buildReport(models, baseline.name, {
      sampling: { samples, seed },
      createdAt: new Date().toISOString(),
      machine: `${cpus()[0]?.model.trim() ?? process.arch}, ${availableParallelism()} cores, Node ${process.version}`,
    });
    if (html) await html.append(Buffer.from(htmlReport(report, models)));
    if (markdown) await markdown.append(Buffer.from(markdownReport(report)));
    await outputs.finish();
    for (const { fileName, content } of mteb === undefined ? [] : mtebResults(report.models[0]!)) {
      await replaceFile(join(mteb!, fileName), `${JSON.stringify(content, null, 2)}\n`);
    }
    if (values.json) printJson(report);
    else print(`${textReport(report)}\n`);
  },
});
