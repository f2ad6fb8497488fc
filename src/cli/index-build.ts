/** `hpd index build`. */

import { printableLine } from "../common/printable.ts";
import { type BuildReport, buildIndex, indexPrecisions, othersChoices } from "../passage-index/index.ts";
import { type CommandContext, choiceFlag, stringFlag, UsageError, wholeNumberFlag } from "./command.ts";
import { loadOptions, tellingOn } from "./model.ts";
import { grouped, progressFlags, progressLineFor, Rate } from "./progress.ts";
import { note, printJson } from "./terminal.ts";

/** Skipped and removed files that are named on a terminal. */
const mostNamed = 20;

export const buildFlags = {
  out: { type: "string", short: "o" },
  lines: { type: "boolean" },
  field: { type: "string" },
  "chunk-tokens": { type: "string" },
  overlap: { type: "string" },
  precision: { type: "string" },
  others: { type: "string" },
  ...progressFlags,
} as const;

export const buildFlagsHelp = `Building:
  -o, --out INDEX          a folder, which needs the package @lancedb/lancedb, or a PostgreSQL database with pgvector,
                           which needs pg: postgres://user@host/database?schema=notes
  --field NAME             of JSONL, JSON, CSV and TSV (default: text)
  --lines                  every line of a plain text is a passage
  --chunk-tokens N         tokens of a passage at most (default: what the model takes, at most 256)
  --overlap N              tokens of whole sentences that two passages share (default: an eighth of that)
  --precision P            of the stored embeddings: ${indexPrecisions.join(", ")} (default: float32)
                           A build of an index that is there already takes these and the model as the build before.
  --others keep|remove     of files of the index that still exist and are none of those named here: keep brings them up to
                           date as if they were named, remove removes them (default: a build that has any is refused)
  --progress               show progress where stderr is no terminal
  --quiet                  say nothing on stderr but errors
  --json                   the report for programs`;

export async function runBuild(context: CommandContext): Promise<void> {
  const { flags, positionals, signal } = context;
  const out = stringFlag(flags, "out");
  if (out === undefined) throw new UsageError("where should the index be? --out INDEX");
  if (positionals.length === 0) throw new UsageError("no file or folder to index");
  const isQuiet = flags.quiet === true;
  const line = progressLineFor(flags);
  const rate = new Rate();
  const optional = {
    lines: flags.lines === true ? true : undefined,
    precision: choiceFlag(flags, "precision", indexPrecisions),
    chunkTokens: wholeNumberFlag(flags, "chunk-tokens"),
    overlapTokens: wholeNumberFlag(flags, "overlap"),
    field: stringFlag(flags, "field"),
    others: choiceFlag(flags, "others", othersChoices),
    model: stringFlag(flags, "model"),
  };
  let report: BuildReport;
  try {
    report = await buildIndex(positionals, {
      out,
      load: { ...loadOptions(context), ...tellingOn(line) },
      ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
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
  if (flags.json) printJson(report);
  if (!isQuiet) note(readable(report, rate));
}

function readable(report: BuildReport, rate: Rate): string {
  const { index, passages, embedded, changedFiles, unchangedFiles, removed, skipped } = report;
  const more = skipped.length - mostNamed;
  return [
    ...skipped.slice(0, mostNamed).map(({ reason }) => `skipped: ${printableLine(reason)}`),
    ...(more > 0 ? [`and ${grouped(more)} more skipped`] : []),
    ...removed.slice(0, mostNamed).map((file) => `removed: ${printableLine(file)}`),
    ...(removed.length > mostNamed ? [`and ${grouped(removed.length - mostNamed)} more removed`] : []),
    `${index}: ${grouped(passages)} passages, ${grouped(embedded)} of them embedded now, ${grouped(rate.of(embedded))}/s; files: ` +
      `${grouped(changedFiles)} new or changed, ${grouped(unchangedFiles)} as before, ${grouped(removed.length)} removed`,
  ].join("\n");
}
