/** `hpd dedupe`: a file of texts without those that say nearly the same as one before. */
import { createHash } from "node:crypto";
import { streamNearDuplicates } from "../cluster/index.ts";
import {
  type Command,
  type CommandContext,
  choiceFlag,
  type Flags,
  oneFile,
  stringFlag,
  UsageError,
} from "./command.ts";
import { DuplicateReport } from "./dedupe/duplicate-report.ts";
import { type Entry, type EntrySource, entryFormats, openEntries } from "./dedupe/open-entries.ts";
import { loadModel, modelFlags, modelFlagsHelp } from "./model.ts";
import { Outputs } from "./output/outputs.ts";
import { requireSeparateOutputs } from "./output/own-input.ts";
import { openTextOutput, type TextOutput } from "./output/text-output.ts";
import { grouped, type ProgressLine, progressFlags, progressLineFor, Rate } from "./progress.ts";
import { promptFlags, promptFlagsHelp, promptOptions } from "./prompt.ts";
import { note, printJson } from "./terminal.ts";

export const dedupeCommand: Command = {
  summary: "a file of texts without near-duplicates",
  help: `Usage: hpd dedupe FILE [--threshold T] [--output FILE] [--report FILE.jsonl] [options]

Writes the lines or rows of FILE as they came and in their order, without those whose text is nearly the same as that of
one before: the first of each group stays. Each text is compared with all that were kept so far, by the cosine of their
embeddings, and never with one that was removed. Texts that are the same to the letter are found first, and cost nothing.
Lines and rows without text, null among them, are left out. What is written is UTF-8 without a byte-order mark, and its
lines and rows end in LF.

Memory grows with what is kept, by 4 bytes a dimension, and by a hash for each text that differs. Time grows with what is
kept times what is read. Of a text that is longer than the model reads (hpd info MODEL), the beginning is compared.

${promptFlagsHelp("put before every text to compare it, not to what is written")}
  --threshold T            the cosine from which on two are duplicates, above 0, at most 1 (default: 0.9). What it means
                           depends on the model: look at a --report.

Input, told by the file's extension; .gz is unzipped; "-" is standard input:
  .jsonl .ndjson           one JSON object a line; the text is the field that --field names
  .csv .tsv                with a header row, which is written, too; the text is the column that --field names
  anything else            text: every line is one text
  --field NAME             default: text
  --input-format FORMAT    ${entryFormats.join(", ")}: instead of the extension, for standard input

Output; files appear when they are whole:
  -o, --output FILE        default: standard output; may be FILE itself
  --report FILE.jsonl      a group a line, by the line that was kept:
                           {"kept": {"line": 1, "text": "..."}, "duplicates": [{"line": 7, "text": "...", "score": 0.93}]}
                           with the cosine to what was kept. All texts are in memory for it.
  --json                   print what was read, kept and removed as JSON; needs --output
  --progress               show progress where stderr is no terminal
  --quiet                  say nothing on stderr but errors

${modelFlagsHelp}

Examples:
  hpd dedupe questions.txt.gz --output distinct.txt --report groups.jsonl
  hpd dedupe tickets.csv --field subject --threshold 0.95 > distinct.csv
  cat corpus.jsonl | hpd dedupe - --input-format jsonl --output corpus-distinct.jsonl`,
  options: {
    ...modelFlags,
    threshold: { type: "string" },
    field: { type: "string" },
    "input-format": { type: "string" },
    output: { type: "string", short: "o" },
    report: { type: "string" },
    ...promptFlags,
    ...progressFlags,
  },
  async run(context) {
    const { flags, positionals, signal } = context;
    const file = oneFile(positionals);
    const threshold = thresholdFlag(flags);
    const paths = outputPaths(flags);
    const format = choiceFlag(flags, "input-format", entryFormats);
    // What is kept may take the place of the file; a report may not.
    await requireSeparateOutputs(flags, [file], ["report"]);
    await requireSeparateOutputs(flags, [], ["output", "report"]);
    const source = await openEntries(file, format, stringFlag(flags, "field") ?? "text", signal);
    const progress = new Progress(flags, source.fractionRead);
    try {
      await using outputs = new Outputs();
      const output = await outputs.add(openTextOutput(paths.output));
      const reportFile = paths.report === undefined ? undefined : await outputs.add(openTextOutput(paths.report));
      const report = reportFile && new DuplicateReport();
      await deduplicate(context, source, { threshold, output, report, progress });
      for (const group of report?.lines() ?? []) await reportFile?.write(`${group}\n`);
      signal.throwIfAborted();
      await outputs.finish();
    } finally {
      progress.clear();
    }
    progress.finish();
    if (flags.json) printJson({ file, threshold, ...paths, ...progress.described() });
  },
};

function thresholdFlag(flags: Flags): number {
  const value = stringFlag(flags, "threshold") ?? "0.9";
  const threshold = value.trim() === "" ? Number.NaN : Number(value);
  if (threshold > 0 && threshold <= 1) return threshold;
  throw new UsageError(`--threshold should be a cosine above 0, at most 1, got ${JSON.stringify(value)}`);
}

function outputPaths(flags: Flags): { output: string | undefined; report: string | undefined } {
  const output = stringFlag(flags, "output");
  const report = stringFlag(flags, "report");
  const zipped = [output, report].find((path) => path?.endsWith(".gz"));
  if (zipped !== undefined)
    throw new UsageError(`${zipped}: nothing is zipped here: leave .gz out, and use gzip on it`);
  if (flags.json && output === undefined) {
    throw new UsageError("--json needs --output: without it, standard output is for what was kept");
  }
  return { output, report };
}

interface Work {
  readonly threshold: number;
  readonly output: TextOutput;
  readonly report: DuplicateReport | undefined;
  readonly progress: Progress;
}

async function deduplicate(
  context: CommandContext,
  { entries, header }: EntrySource,
  { threshold, output, report, progress }: Work,
): Promise<void> {
  const { counts } = progress;
  const { signal } = context;
  /** Read, and not decided about yet. */
  const undecided: Entry[] = [];
  async function* distinctTexts(): AsyncGenerator<string, void, undefined> {
    /** Where a text came first, among the distinct ones, by its hash: texts may be long. */
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
    progress.show();
  }
  await writeHeader();
}

class Progress {
  readonly counts = { read: 0, empty: 0, exact: 0, near: 0, kept: 0 };
  readonly #line: ProgressLine;
  readonly #isQuiet: boolean;
  readonly #rate = new Rate();
  readonly #start = performance.now();
  readonly #fraction: () => number | undefined;

  constructor(flags: Flags, fraction: () => number | undefined) {
    this.#isQuiet = flags.quiet === true;
    this.#line = progressLineFor(flags);
    this.#fraction = fraction;
  }

  show(): void {
    this.#line.show(() => {
      const timeLeft = this.#rate.timeLeft(this.#fraction());
      return this.#summary() + (timeLeft === "" ? "" : `, ${timeLeft} left`);
    });
  }

  clear(): void {
    this.#line.clear();
  }

  finish(): void {
    if (!this.#isQuiet) note(this.#summary());
  }

  described() {
    const { read, empty, exact, near, kept } = this.counts;
    return { read, kept, removed: { exact, near }, empty, seconds: this.#seconds };
  }

  #summary(): string {
    const { read, empty, exact, near, kept } = this.counts;
    const left = empty === 0 ? "" : `, ${grouped(empty)} without text`;
    return (
      `${grouped(read)} texts: ${grouped(kept)} kept, ` +
      `${grouped(exact)} exact and ${grouped(near)} near-duplicates removed${left}, ${this.#seconds} s`
    );
  }

  get #seconds(): number {
    return Number(((performance.now() - this.#start) / 1000).toFixed(1));
  }
}
