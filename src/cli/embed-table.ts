/** `hpd embed-table`: embeds a column of a PostgreSQL table. */
import { counted, grouped } from "../common/numbers.ts";
import { defined } from "../common/optional.ts";
import { printableLine } from "../common/printable.ts";
import { embedTable, tableVectorTypes } from "../passage-index/index.ts";
import { defineCommand, onlyArgument } from "./command.ts";
import { loadOptions, loadReports, modelSettings } from "./model.ts";
import { progressLineFor, progressSettings, Rate } from "./progress.ts";
import { positiveInteger } from "./settings/table.ts";
import { note, printJson } from "./terminal.ts";

export const embedTableCommand = defineCommand({
  summary: "embed a text column of a PostgreSQL table into a pgvector column",
  usage: "embed-table DATABASE --table TABLE --column COLUMN [options]",
  about: `
    Embeds the texts of a column of a table in DATABASE, such as postgres://user@host/database, into a column of pgvector
    beside it, made if it isn't there. Only rows are embedded that have no embedding yet, whose text has changed, or whose
    embedding is another model's: run it again whenever rows have changed. Rows are committed in batches, and a run that
    was stopped is continued by the next. Needs the package pg.`,
  sections: {
    Table: {
      settings: {
        table: {
          kind: "text",
          value: "TABLE",
          required: true,
          help: "the table, with a primary key; SCHEMA.TABLE for another schema",
        },
        column: { kind: "text", value: "COLUMN", required: true, help: "the column of texts" },
        into: {
          kind: "text",
          value: "COLUMN",
          default: "embedding",
          help: "the column of embeddings; a column COLUMN_fingerprint beside it says what they were made of",
        },
        type: {
          kind: "text",
          value: "TYPE",
          choices: tableVectorTypes,
          default: "vector",
          help: "type of the embeddings: vector has 4 bytes per number, halfvec 2",
        },
        "batch-rows": { ...positiveInteger, default: 500, help: "rows that are embedded and committed together" },
        json: { kind: "switch", help: "print the report as JSON" },
        ...progressSettings,
      },
    },
    Model: { settings: modelSettings },
  },
  examples: {
    "Embed the bodies of articles": 'hpd embed-table "postgres://me@localhost/app" --table articles --column body',
    "Embed into 16-bit numbers with another model":
      'hpd embed-table "postgres://me@localhost/app" --table shop.products --column description \\\n' +
      "  --type halfvec --model BAAI/bge-small-en-v1.5",
  },
  async run({ values, positionals, signal }) {
    const database = onlyArgument(positionals, "DATABASE");
    const { table, column, into, type, model } = values;
    const line = progressLineFor(values);
    const rate = new Rate();
    const report = await embedTable({
      ...{ database, table, column, into, type, batchRows: values["batch-rows"], signal },
      ...defined({ model }),
      load: { ...loadOptions(values), ...loadReports(line) },
      onProgress: ({ done, total }) =>
        line.show(
          () =>
            `${grouped(done)} of ${grouped(total)} rows, ${grouped(rate.of(done))}/s  ${rate.timeLeft(done / total)}`,
        ),
    }).finally(() => line.clear());
    if (values.json) printJson(report);
    if (values.quiet) return;
    const cleared = report.cleared > 0 ? `, ${grouped(report.cleared)} without a text any more` : "";
    note(
      `${printableLine(report.table)}: ${counted(report.rows, "row")} with a text, ${grouped(report.embedded)} of them ` +
        `embedded now${cleared}`,
    );
  },
});
