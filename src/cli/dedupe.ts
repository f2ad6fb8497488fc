/** `hpd dedupe`: a file of texts without near-duplicates. */
import { createHash } from "node:crypto";
import { streamNearDuplicates } from "../cluster/index.ts";
import { counted, grouped } from "../common/numbers.ts";
import { type CommandContext, defineCommand, onlyArgument } from "./command.ts";
import { DuplicateReport } from "./dedupe/duplicate-report.ts";
import { type Entry, type EntrySource, entryFormats, openEntries } from "./dedupe/open-entries.ts";
import { inputAbout, inputSettings, rowTerms } from "./input.ts";
import { loadModel, modelSettings } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { requireUncompressed } from "./output/require-uncompressed.ts";
import { openTextOutput, type TextOutput } from "./output/text-output.ts";
import { progressSettings } from "./progress.ts";
import { promptOptions, promptSettings } from "./prompt.ts";
import type { Sections, TableOf, ValuesOf } from "./settings/table.ts";
import { printJson } from "./terminal.ts";
import { TextsProgress } from "./texts-progress.ts";
import { UsageError } from "./usage-error.ts";

const sections = {
  Comparison: {
    settings: {
      threshold: {
        kind: "number",
        value: "T",
        default: 0.9,
        expected: "a cosine above 0, at most 1",
        isValid: (value) => value > 0 && value <= 1,
        help:
          "cosine similarity from which on two texts are duplicates, above 0, at most 1. The right value depends on the " +
          "model: check it with --report",
      },
      ...promptSettings,
      prompt: { ...promptSettings.prompt, help: "text to prepend to every text for the comparison; it is not written" },
    },
  },
  Input: {
    about: `${inputAbout}:`,
    terms: { ...rowTerms, "anything else": "plain text: one text per line" },
    settings: { ...inputSettings, "input-format": { ...inputSettings["input-format"], choices: entryFormats } },
  },
  Output: {
    about: "Files appear under their names when they are complete.",
    settings: {
      output: {
        kind: "text",
        short: "o",
        value: "FILE",
        help: "output file, which may be FILE itself",
        defaultsTo: "standard output",
      },
      report: {
        kind: "text",
        value: "FILE.jsonl",
        help:
          'one group of duplicates per line, in the order of the kept lines: {"kept": {"line": 1, "text": "..."}, ' +
          '"duplicates": [{"line": 7, "text": "...", "score": 0.93}]}. The score is the cosine to the kept text. ' +
          "Needs all texts in memory",
      },
      json: { kind: "switch", help: "print the numbers of read, kept and removed texts as JSON; needs --output" },
      ...progressSettings,
    },
  },
  Model: { settings: modelSettings },
} as const satisfies Sections;

type Values = ValuesOf<TableOf<typeof sections>>;

export const dedupeCommand = defineCommand({
  summary: "remove near-duplicates from a file of texts",
  usage: "dedupe FILE [--threshold T] [--output FILE] [--report FILE.jsonl] [options]",
  about: `
    Writes the lines or rows of FILE unchanged and in their order, without those whose text means nearly the same as an
    earlier one: the first of each group is kept. Each text is compared with all kept texts by the cosine similarity of
    their embeddings; removed texts play no further part. Identical texts are found first, without computing an embedding.

    Lines and rows without text, or with null, are left out. The output is UTF-8 without a byte-order mark, with LF line
    ends.

    Memory grows with the kept texts, 4 bytes per dimension, plus a hash for each distinct text. Time grows with the
    number of kept texts times the number of all. Of a text longer than the model's maximum (hpd info MODEL), only the
    beginning is compared.`,
  sections,
  examples: {
    "Deduplicate lines of text, with a report of the groups":
      "hpd dedupe questions.txt.gz --output distinct.txt --report groups.jsonl",
    "Deduplicate the rows of a table by one column, more strictly":
      "hpd dedupe tickets.csv --field subject --threshold 0.95 > distinct.csv",
    "Deduplicate a pipe of JSON lines":
      "cat corpus.jsonl | hpd dedupe - --input-format jsonl --output corpus-distinct.jsonl",
  },
  async run(context) {
    const { values, positionals, signal } = context;
    const file = onlyArgument(positionals, "FILE");
    const { threshold, output: outputPath, report: reportPath } = values;
    requireWritable(values);
    // The output may replace the input; a report may not.
    await requireSeparateOutputs(values, [file], ["report"]);
    await requireSeparateOutputs(values, [], ["output", "report"]);
    const source = await openEntries(file, values["input-format"], values.field, signal);
    const counts = new Counts();
    const progress = new TextsProgress(values, source.fractionRead, () => counts.summary());
    try {
      await using outputs = new Outputs();
      const output = await outputs.add(openTextOutput(outputPath));
      const reportFile = reportPath === undefined ? undefined : await outputs.add(openTextOutput(reportPath));
      const report = reportFile && new DuplicateReport();
      await deduplicate(context, source, { output, report, counts, onDecision: () => progress.show() });
      for (const group of report?.lines() ?? []) await reportFile?.write(`${group}\n`);
      signal.throwIfAborted();
      await outputs.finish();
    } finally {
      progress.clear();
    }
    progress.finish();
    if (values.json) printJson({ file, threshold, output: outputPath, report: reportPath, ...counts.described() });
  },
});

/** @throws UsageError for outputs that would be compressed, and for JSON on the standard output of the texts */
function requireWritable({ output, report, json }: Values): void {
  requireUncompressed(output, report);
  if (json && output === undefined) {
    throw new UsageError("--json needs --output: without it, the kept texts go to standard output");
  }
}

interface Work {
  readonly output: TextOutput;
  readonly report: DuplicateReport | undefined;
  readonly counts: Counts;
  readonly onDecision: () => void;
}

async function deduplicate(
  context: CommandContext<Values>,
  { entries, header }: EntrySource,
  { output, report, counts, onDecision }: Work,
): Promise<void> {
  const { signal } = context;
  const { threshold } = context.values;
  /** Entries that are read but not decided about yet. */
  const undecided: Entry[] = [];
  async function* distinctTexts(): AsyncGenerator<string, void, undefined> {
    /** Index of each distinct text by its hash, since texts may be long. */
    const firsts = new Map<string, number>();
    for await (const entry of entries) {
      counts.read++;
      if (entry.text.trim() === "") {
        counts.empty++;
        continue;
      }
      const hash = createHash("sha256").update(entry.text).digest("base64");
      const first = firsts.get(hash);
      if (first !== undefined) {
        counts.exact++;
        report?.addCopy(first, entry);
        continue;
      }
      firsts.set(hash, firsts.size);
      undecided.push(entry);
      report?.addDistinct(entry);
      yield entry.text;
    }
  }
  await using model = await loadModel(context);
  const embeddings = model.encodeStream(distinctTexts(), { ...promptOptions(context), fullWindows: true });
  let isHeaderDue = true;
  const writeHeader = async (): Promise<void> => {
    const row = isHeaderDue ? header() : undefined;
    isHeaderDue = false;
    if (row !== undefined) await output.write(`${row}\n`);
  };
  for await (const decision of streamNearDuplicates(embeddings, { threshold, signal })) {
    await writeHeader();
    const { raw } = undecided.shift()!;
    report?.addDecision(decision);
    if (decision.duplicateOf === undefined) {
      counts.kept++;
      await output.write(`${raw}\n`);
    } else {
      counts.near++;
    }
    onDecision();
  }
  await writeHeader();
}

/** Numbers of texts by what became of them. */
class Counts {
  read = 0;
  empty = 0;
  exact = 0;
  near = 0;
  kept = 0;
  readonly #start = performance.now();

  described() {
    const { read, empty, exact, near, kept } = this;
    return { read, kept, removed: { exact, near }, empty, seconds: this.#seconds };
  }

  summary(): string {
    const { read, empty, exact, near, kept } = this;
    const left = empty === 0 ? "" : `, ${grouped(empty)} without text`;
    return (
      `${counted(read, "text")}: ${grouped(kept)} kept, ` +
      `${grouped(exact)} exact and ${counted(near, "near-duplicate")} removed${left}, ${this.#seconds} s`
    );
  }

  get #seconds(): number {
    return Number(((performance.now() - this.#start) / 1000).toFixed(1));
  }
}
