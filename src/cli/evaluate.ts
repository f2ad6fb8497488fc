/** `hpd evaluate`: a model's scores and its cost, alone or beside another model's. */
import { availableParallelism, cpus } from "node:os";
import { basename } from "node:path";
import {
  buildReport,
  costTable,
  EmbeddedTexts,
  type EvaluatedModel,
  type Evaluator,
  evaluateEmbedded,
  footnote,
  measureCost,
  modelEncode,
  scoreTables,
  selectTasks,
  textTable,
} from "../evaluation/index.ts";
import { type Command, type CommandContext, positiveIntegerFlag, stringFlag, UsageError } from "./command.ts";
import { defaultModel, loadModel, loadOptions, modelFlags, modelFlagsHelp } from "./model.ts";
import { grouped, ProgressLine, Rate } from "./progress.ts";

const resamples = 1000;

export const evaluateCommand: Command = {
  summary: "a model's scores and what it costs, alone or against another",
  help: `Usage: hpd evaluate [MODEL] [options]

Scores a model on tasks with known answers and measures what it costs. Every score comes with a 95 % confidence
interval, and so does every difference between two models.

Tasks:
  --tasks NAMES            separated by commas; default: sts
                             sts          STS12 to STS16, STS-B and SICK-R: the table of the papers, and its mean
                             sts12 ... sts16, sts-b, sick-r, sts-b-dev
                             sts:FILE     pairs of one's own: .jsonl, .csv, .tsv or .parquet with the columns
                                          sentence1, sentence2 and score (MTEB's form)
  --data FOLDER            holds the tasks' files: sts/ and sick/ as SentEval lays them out (default: HPD_DATA)

Models:
  --against MODEL          a second model on the same tasks: differences, what is retained of its scores, ratios of cost
  --truncate-dim N,N       also with only the first N dimensions of MODEL's embeddings
  --no-cost                scores alone; the cost takes a moment in a process of its own

Output: tables to read, and
  --json                   everything as JSON instead of the tables
  --seed N                 of the resamples behind the intervals (default: 0)

${modelFlagsHelp}
                           All of them but --revision and --pooling hold for --against, too.

Examples:
  hpd evaluate sentence-transformers/all-MiniLM-L6-v2 --data SentEval/data/downstream
  hpd evaluate ./student --against ./teacher --truncate-dim 64,32
  hpd evaluate ./student --tasks sts-b-dev --no-cost --json`,
  options: {
    ...modelFlags,
    tasks: { type: "string" },
    data: { type: "string" },
    against: { type: "string" },
    "truncate-dim": { type: "string" },
    "no-cost": { type: "boolean" },
    json: { type: "boolean" },
    seed: { type: "string" },
  },
  async run(context) {
    const { flags, positionals, signal } = context;
    if (positionals.length > 1) {
      throw new UsageError(`one model at a time, got ${positionals.join(", ")}; --against takes a second one`);
    }
    const dimensions = dimensionsFlag(stringFlag(flags, "truncate-dim"));
    const names = (stringFlag(flags, "tasks") ?? "sts").split(",").map((name) => name.trim());
    const tasks = selectTasks(names);
    const data = stringFlag(flags, "data") ?? process.env.HPD_DATA;
    if (data === undefined) throw new UsageError("where are the tasks' files? Say it by --data FOLDER or HPD_DATA");
    const evaluators: Evaluator[] = [];
    for (const task of tasks) evaluators.push(...(await task.load(data, signal)));

    const first = positionals[0] ?? stringFlag(flags, "model") ?? defaultModel;
    const against = stringFlag(flags, "against");
    const [model, ...truncated] = await evaluateModel(context, first, loadOptions(context), evaluators, dimensions);
    const models = [model!, ...truncated];
    if (against !== undefined) {
      const { revision, pooling, ...options } = loadOptions(context);
      models.push(...(await evaluateModel(context, against, options, evaluators, [])));
    }
    const baseline = against === undefined ? model! : models.at(-1)!;
    const report = buildReport(models, baseline, {
      bootstrap: { resamples, seed: Number(stringFlag(flags, "seed") ?? 0) },
      createdAt: new Date().toISOString(),
      machine: `${cpus()[0]?.model ?? process.arch}, ${availableParallelism()} cores, Node ${process.version}`,
    });
    const text = flags.json
      ? JSON.stringify(report)
      : [...scoreTables(report), costTable(report)].map(textTable).join("\n\n").concat("\n\n", footnote(report));
    process.stdout.write(`${text}\n`);
  },
};

/** The model itself, and its embeddings cut to each of the dimensions. */
async function evaluateModel(
  context: CommandContext,
  idOrPath: string,
  options: ReturnType<typeof loadOptions>,
  evaluators: readonly Evaluator[],
  dimensions: readonly number[],
): Promise<EvaluatedModel[]> {
  const { flags, signal } = context;
  const name = basename(idOrPath);
  const line = new ProgressLine();
  try {
    const evaluated: EvaluatedModel[] = [];
    {
      await using model = await loadModel(context, idOrPath, options);
      const { encode, prompts } = modelEncode(model);
      const rate = new Rate();
      const texts = evaluators.map(({ texts }) => texts);
      const embeddings = await EmbeddedTexts.encode(encode, texts, {
        prompts,
        signal,
        onProgress: ({ done, total }) =>
          line.show(() => `${name}: ${grouped(done)} of ${grouped(total)} texts, ${rate.timeLeft(done / total)} left`),
      });
      for (const dimension of [embeddings.dimension, ...dimensions]) {
        const isWhole = dimension === embeddings.dimension;
        evaluated.push({
          name: isWhole ? name : `${name}, ${dimension} dimensions`,
          dimension,
          evaluations: await evaluateEmbedded(evaluators, embeddings.truncated(dimension), signal),
        });
      }
    }
    if (flags["no-cost"]) return evaluated;
    line.show(() => `${name}: memory and time`);
    const texts = evaluators.flatMap(({ texts }) => Object.values(texts).flat());
    const cost = await measureCost(idOrPath, options, texts, signal);
    return evaluated.map((model) => ({ ...model, cost }));
  } finally {
    line.clear();
  }
}

function dimensionsFlag(value: string | undefined): number[] {
  return (value ?? "")
    .split(",")
    .filter((part) => part !== "")
    .map((part) => positiveIntegerFlag({ "truncate-dim": part.trim() }, "truncate-dim")!);
}
