/** `hpd index build`. */

import { counted, grouped } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import { printableLine } from "../common/printable.ts";
import { type BuildReport, buildIndex, indexPrecisions, othersChoices } from "../passage-index/index.ts";
import type { CommandContext } from "./command.ts";
import { loadOptions, loadReports, type modelSettings } from "./model.ts";
import { progressLineFor, progressSettings, Rate } from "./progress.ts";
import { nonNegativeInteger, type SettingTable, type ValuesOf } from "./settings/table.ts";
import { note, printJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Maximum number of skipped and of removed files that are listed. */
const mostListed = 20;

export const buildSettings = {
  out: {
    kind: "text",
    short: "o",
    value: "INDEX",
    help:
      "the index: a folder, or a bucket as in s3://bucket/path or gs://bucket/path (both need the package @lancedb/lancedb), or a PostgreSQL " +
      "database with pgvector (needs pg), postgres://user@host/database?schema=notes. Required by build",
  },
  field: { kind: "text", value: "NAME", help: "field with the text, in JSONL, JSON, CSV and TSV", defaultsTo: "text" },
  lines: { kind: "switch", help: "make every line of plain text a passage" },
  "chunk-tokens": {
    ...nonNegativeInteger,
    help: "maximum tokens per passage",
    defaultsTo: "the model's maximum, at most 256",
  },
  overlap: {
    ...nonNegativeInteger,
    help: "tokens of whole sentences that consecutive passages share",
    defaultsTo: "an eighth of --chunk-tokens",
  },
  precision: {
    kind: "text",
    value: "P",
    choices: indexPrecisions,
    help: "element type of the stored embeddings",
    defaultsTo: "float32",
  },
  others: {
    kind: "text",
    value: "CHOICE",
    choices: othersChoices,
    help:
      "what to do with files of the index that still exist but are not named now: keep updates them as if they were " +
      "named, remove removes them",
    defaultsTo: "the build fails if there are any",
  },
  ...progressSettings,
} as const satisfies SettingTable;

type Values = ValuesOf<typeof buildSettings & typeof modelSettings> & { readonly json?: boolean | undefined };

export async function runBuild({ values, positionals, signal }: CommandContext<Values>): Promise<void> {
  const { out, lines, precision, field, others, model } = values;
  if (out === undefined) throw new UsageError("missing --out INDEX");
  if (positionals.length === 0) throw new UsageError("missing FILE or FOLDER to index");
  const line = progressLineFor(values);
  const rate = new Rate();
  let report: BuildReport;
  try {
    report = await buildIndex(positionals, {
      out,
      load: { ...loadOptions(values), ...loadReports(line) },
      ...defined({ lines, precision, field, others, model }),
      ...defined({ chunkTokens: values["chunk-tokens"], overlapTokens: values.overlap }),
      onProgress: ({ done, total, passages }) =>
        line.show(
          () =>
            `${grouped(done)} of ${grouped(total)} files, ${grouped(passages)} passages embedded, ` +
            `${grouped(rate.of(passages))}/s`,
        ),
      signal,
    });
  } finally {
    line.clear();
  }
  if (values.json) printJson(report);
  if (!values.quiet) note(readable(report, rate));
}

function readable(report: BuildReport, rate: Rate): string {
  const { index, passages, embedded, changedFiles, unchangedFiles, removed, skipped } = report;
  const more = skipped.length - mostListed;
  return [
    ...skipped.slice(0, mostListed).map(({ reason }) => `skipped: ${printableLine(reason)}`),
    ...(more > 0 ? [`and ${grouped(more)} more skipped`] : []),
    ...removed.slice(0, mostListed).map((file) => `removed: ${printableLine(file)}`),
    ...(removed.length > mostListed ? [`and ${grouped(removed.length - mostListed)} more removed`] : []),
    `${index}: ${counted(passages, "passage")}, ${grouped(embedded)} of them embedded now, ${grouped(rate.of(embedded))}/s; files: ` +
      `${grouped(changedFiles)} new or changed, ${grouped(unchangedFiles)} as before, ${grouped(removed.length)} removed`,
  ].join("\n");
}
