/** `hpd mine`: hard negatives for pairs. */
import { CrossEncoder } from "../cross-encoder/index.ts";
import { openTexts } from "../texts/open-texts.ts";
import type { MiningProgress } from "../train.ts";
import { type Command, type CommandContext, UsageError } from "./command.ts";
import { help, miningOptionsOf, settings, type Values } from "./mine/settings.ts";
import { summaryText } from "./mine/summary.ts";
import { rowWriterOf } from "./mine/write-rows.ts";
import { loadModel, loadOptions, modelFlags, modelFlagsHelp, tellingOn } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { openTextOutput } from "./output/text-output.ts";
import { grouped, ProgressLine, progressFlags, progressLineFor, Rate } from "./progress.ts";
import { readSettings } from "./settings/read.ts";
import { flagsOf } from "./settings/table.ts";
import { note, printJson } from "./terminal.ts";

export const mineCommand: Command = {
  summary: "hard negatives for pairs: texts that look like the positive and are none",
  help: `Usage: hpd mine FILE... [--output FILE.jsonl] [options]

For each pair of an anchor (a question, say) and its positive (its answer), finds texts that the model takes for positives
and that are none: of all rows' positives those that are nearest to the anchor, its own left out. hpd train takes the rows
that it writes as they are.

Some of what is nearest will be a good answer that nobody has marked: --relative-margin 0.05 leaves out what is nearly as
near as the positive (NV-Retriever), --range-min 10 the ten nearest.

FILE holds rows in JSONL, CSV, TSV, Parquet or JSON, .gz too. Options and results are those of mine_hard_negatives of
sentence-transformers.

${help}
                                triplet       anchor, positive, negative: a row for each negative
                                n-tuple       anchor, positive, negative_1, negative_2 ...: anchors that have all of them
                                labeled-pair  anchor, text, label 1 or 0: a row for each positive and negative
                                labeled-list  anchor, list of texts, list of labels
                                The first two fields keep the names that they have in FILE.
  --json                        print the statistics as JSON; needs --output
  --progress                    show progress where stderr is no terminal
  --quiet                       say nothing on stderr but errors

${modelFlagsHelp}
                           int8 takes half as long; three of four negatives are those of fp32, the others about as near.
                           All but --pooling and --revision count for --cross-encoder, too.

At the end, on stderr: how near positives and negatives are, how many candidates each limit took, and how many anchors
have too few. Memory: the texts, and 4 bytes a dimension for each different one.

Examples:
  hpd mine pairs.jsonl --relative-margin 0.05 --output triplets.jsonl
  hpd mine pairs.jsonl --relative-margin 0.05 --num-negatives 5 --output-format n-tuple --output tuples.jsonl
  hpd train --model sentence-transformers/all-MiniLM-L6-v2 --data tuples.jsonl --out my-model`,
  options: {
    ...flagsOf(settings),
    output: { type: "string", short: "o" },
    ...modelFlags,
    ...progressFlags,
  },
  async run(context) {
    const { flags, positionals: files, signal } = context;
    if (files.length === 0)
      throw new UsageError("which file? hpd mine takes files of rows with an anchor and a positive");
    const values = await readSettings(flags, settings);
    const write = rowWriterOf(values);
    if (flags.json && values.output === undefined) {
      throw new UsageError("--json needs --output: without it, standard output is for the rows");
    }
    const options = miningOptionsOf(values);
    await requireSeparateOutputs(flags, [...files, ...(values.corpus ?? [])], ["output"]);
    await using outputs = new Outputs();
    const output = await outputs.add(openTextOutput(values.output));
    const line = progressLineFor(flags);
    try {
      // Here, so that other commands start without it.
      const { mineHardNegatives } = await import("../train.ts");
      const { pairRowsOf } = await import("./mine/pair-rows.ts");
      await using model = await loadModel(context);
      await using crossEncoder = await loadCrossEncoder(context, values["cross-encoder"]);
      const { anchorColumnName: anchor, positiveColumnName: positive } = options;
      const asked = { ...(anchor !== undefined && { anchor }), ...(positive !== undefined && { positive }) };
      const mined = await mineHardNegatives(pairRowsOf(files, values["input-format"], asked, signal), model, {
        ...options,
        ...(values.corpus !== undefined && { corpus: textsOf(values, signal) }),
        ...(crossEncoder && { crossEncoder }),
        signal,
        onProgress: progressOn(line),
      });
      await write(mined, output, signal);
      signal.throwIfAborted();
      await outputs.finish();
      line.clear();
      const { columns, count, statistics } = mined;
      if (!flags.quiet) {
        note(
          `${summaryText(statistics, values)}\n${grouped(count)} rows written, with the fields ${columns.join(", ")}`,
        );
      }
      if (flags.json) printJson({ output: values.output, columns, count, statistics });
    } finally {
      line.clear();
    }
  },
};

async function loadCrossEncoder(context: CommandContext, name: string | undefined): Promise<CrossEncoder | undefined> {
  if (name === undefined) return undefined;
  const { pooling: _, revision: __, ...options } = loadOptions(context);
  const line = new ProgressLine();
  try {
    return await CrossEncoder.load(name, { ...options, signal: context.signal, ...tellingOn(line) });
  } finally {
    line.clear();
  }
}

async function* textsOf(values: Values, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  for (const file of values.corpus ?? []) {
    const field = values["corpus-field"] ?? "text";
    yield* (await openTexts(file, { format: values["corpus-format"], field, signal })).texts;
  }
}

/** A stage after the other, each with the time that it still takes. */
function progressOn(line: ProgressLine): (progress: MiningProgress) => void {
  let of: string | undefined;
  let rate = new Rate();
  return ({ stage, done, total }) => {
    if (stage !== of) {
      of = stage;
      rate = new Rate();
    }
    line.show(() => {
      const left = rate.timeLeft(done / total);
      return `${stage}: ${grouped(done)} of ${grouped(total)}${left === "" ? "" : `, ${left} left`}`;
    });
  };
}
