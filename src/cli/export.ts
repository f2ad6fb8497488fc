/** `hpd export`: an index for another system. */
import { counted, grouped } from "../common/numbers.ts";
import { exportIndex } from "../passage-index/index.ts";
import { defineCommand, onlyArgument } from "./command.ts";
import { progressLineFor, progressSettings, Rate } from "./progress.ts";
import { note, printJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

const targets = ["parquet", "qdrant"] as const;

export const exportCommand = defineCommand({
  summary: "export an index to Parquet or Qdrant",
  usage: "export INDEX --to parquet|qdrant [options]",
  about: `
    Gives the passages of INDEX, a folder, s3:// or a database as hpd index build makes it, with their embeddings to
    another system: as a Parquet file, which DuckDB, Polars, Spark and loaders of other stores read, or as points of a
    collection of Qdrant. Memory stays bounded, whatever the size of the index. Run again after an interruption: the file is
    made anew, and points that are there already are replaced by the same.`,
  sections: {
    Export: {
      settings: {
        to: { kind: "text", value: "parquet|qdrant", choices: targets, required: true, help: "the other system" },
        out: { kind: "text", short: "o", value: "FILE", help: "the Parquet file" },
        collection: { kind: "text", value: "NAME", help: "the collection of Qdrant, made if it isn't there" },
        url: {
          kind: "text",
          value: "URL",
          help: "the server of Qdrant; its key is taken from QDRANT_API_KEY of the environment",
          defaultsTo: "QDRANT_URL of the environment, or http://localhost:6333",
        },
        json: { kind: "switch", help: "print the report as JSON" },
        ...progressSettings,
      },
    },
  },
  examples: {
    "Export for Spark or DuckDB": "hpd export notes.index --to parquet --out passages.parquet",
    "Export to a collection of Qdrant": "hpd export notes.index --to qdrant --collection notes",
  },
  async run({ values, positionals, signal }) {
    const index = onlyArgument(positionals, "INDEX");
    const { to, out, collection, url } = values;
    const isParquet = to === "parquet";
    const needed = isParquet ? "out" : "collection";
    if (values[needed] === undefined) throw new UsageError(`--to ${to} needs --${needed}`);
    const foreign = (isParquet ? (["collection", "url"] as const) : (["out"] as const)).find(
      (name) => values[name] !== undefined,
    );
    if (foreign !== undefined) throw new UsageError(`--${foreign} is not for --to ${to}`);
    const line = progressLineFor(values);
    const rate = new Rate();
    const report = await exportIndex(index, {
      ...(isParquet ? { parquet: out! } : { qdrant: { collection: collection!, url } }),
      signal,
      onProgress: ({ done, total }) =>
        line.show(
          () =>
            `${grouped(done)} of ${grouped(total)} passages, ${grouped(rate.of(done))}/s  ${rate.timeLeft(done / total)}`,
        ),
    }).finally(() => line.clear());
    if (values.json) printJson(report);
    else if (!values.quiet) note(`${counted(report.passages, "passage")}, ${isParquet ? out : collection}`);
  },
});
