/** `hpd mine`: hard negatives for pairs. */

import { counted } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import { openTexts } from "../texts/open-texts.ts";
import { defineCommand } from "./command.ts";
import { miningOptionsOf, sections, type Values } from "./mine/settings.ts";
import { summaryText } from "./mine/summary.ts";
import { rowWriterOf } from "./mine/write-rows.ts";
import { loadCrossEncoder, loadModel } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { openTextOutput } from "./output/text-output.ts";
import { Stages } from "./stages.ts";
import { note, printJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

export const mineCommand = defineCommand({
  summary: "find hard negatives: texts that look like a pair's positive but are not",
  usage: "mine FILE... [--output FILE.jsonl] [options]",
  about: `
    For each pair of an anchor (such as a question) and its positive (its answer), finds negatives that the model confuses
    with positives: of all rows' positives those that are nearest to the anchor, except its own. hpd train takes the
    written rows as they are.

    Some of the nearest are good answers that nobody has marked as such: --relative-margin 0.05 leaves out those nearly as
    near as the positive (NV-Retriever), --range-min 10 the ten nearest.

    FILE holds rows in JSONL, CSV, TSV, Parquet or JSON, also as .gz or .zst. Options and results are those of
    mine_hard_negatives of sentence-transformers.`,
  sections,
  notes: `
    At the end, stderr says how near positives and negatives are, how many candidates each limit excluded, and how many
    anchors have too few negatives. Memory: the texts, and 4 bytes per dimension of each distinct one.`,
  examples: {
    "Mine triplets": "hpd mine pairs.jsonl --relative-margin 0.05 --output triplets.jsonl",
    "Mine five negatives per pair, and train with them":
      "hpd mine pairs.jsonl --relative-margin 0.05 --num-negatives 5 --output-format n-tuple \\\n" +
      "  --output tuples.jsonl\n" +
      "hpd train --model sentence-transformers/all-MiniLM-L6-v2 --data tuples.jsonl --out my-model",
  },
  async run(context) {
    const { values, positionals: files, signal } = context;
    if (files.length === 0) throw new UsageError("missing FILE: rows with an anchor and a positive");
    const write = rowWriterOf(values);
    if (values.json && values.output === undefined) {
      throw new UsageError("--json needs --output: without it, the rows go to standard output");
    }
    const options = miningOptionsOf(values);
    await requireSeparateOutputs(values, [...files, ...(values.corpus ?? [])], ["output"]);
    await using outputs = new Outputs();
    const output = await outputs.add(openTextOutput(values.output));
    const stages = new Stages(values);
    try {
      // Imported here, so that other commands start without it.
      const { mineHardNegatives } = await import("../train.ts");
      const { pairRowsOf } = await import("./mine/pair-rows.ts");
      await using model = await loadModel(context);
      await using crossEncoder = await loadCrossEncoder(values["cross-encoder"], context);
      const asked = defined({ anchor: options.anchorColumnName, positive: options.positiveColumnName });
      const mined = await mineHardNegatives(pairRowsOf(files, values["input-format"], asked, signal), model, {
        ...options,
        ...defined({ corpus: values.corpus && textsOf(values, signal), crossEncoder }),
        signal,
        onProgress: ({ stage, done, total }) => stages.show(stage, done, total),
      });
      await write(mined, output, signal);
      signal.throwIfAborted();
      await outputs.finish();
      stages.end();
      const { columns, count, statistics } = mined;
      if (!values.quiet) {
        note(
          `${summaryText(statistics, values)}\n${counted(count, "row")} written, with the fields ${columns.join(", ")}`,
        );
      }
      if (values.json) printJson({ output: values.output, columns, count, statistics });
    } finally {
      stages.end();
    }
  },
});

async function* textsOf(values: Values, signal: AbortSignal): AsyncGenerator<string, void, undefined> {
  for (const file of values.corpus ?? []) {
    const options = { format: values["corpus-format"], field: values["corpus-field"], signal };
    yield* (await openTexts(file, options)).texts;
  }
}
