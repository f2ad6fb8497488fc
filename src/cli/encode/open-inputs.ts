/** Files of texts, several of them or elsewhere, with the columns that are kept beside the embeddings. */
import { type Cell, cellsOf, columnsOf, type KeptColumn } from "../../jobs/columns.ts";
import { Fifo } from "../../jobs/encode/fifo.ts";
import { columnsToRead, sampleOf } from "../../jobs/encode/find.ts";
import { commonFormat, isTextFile, requireContents } from "../../jobs/inputs/input-format.ts";
import { partsOf } from "../../jobs/inputs/parts.ts";
import { lineColumn, rowsOfParts } from "../../jobs/inputs/rows.ts";
import { listFiles } from "../../storage/list-files.ts";
import { fieldHint, textOf } from "../../texts/row.ts";
import type { CommandContext } from "../command.ts";
import { UsageError } from "../usage-error.ts";
import { type FileFormat, hasColumns } from "./open-output.ts";
import { type EncodeValues, keptColumns } from "./settings.ts";

export interface OpenedInput {
  readonly texts: AsyncIterable<string>;
  /** The part that is read, 0 to 1; undefined where the size is not known. */
  fractionRead(): number | undefined;
  /** The columns to keep, and the cells of the rows of which the texts were taken. */
  readonly columns: readonly KeptColumn[];
  readonly cells: Fifo<readonly Cell[]>;
  /** Whether the texts come from a pipe, whose writer may wait. */
  readonly isPipe: boolean;
}

/** @param outputFormat undefined for JSONL */
export async function openInputs(
  inputs: readonly string[],
  outputFormat: FileFormat | undefined,
  { values, signal }: CommandContext<EncodeValues>,
): Promise<OpenedInput> {
  if (inputs.includes("-")) {
    throw new UsageError("standard input is read alone, and not to .parquet or .lance: give the texts as files");
  }
  const files = await listFiles(inputs, { accepts: isTextFile, signal });
  const format = commonFormat(
    files.map(({ name }) => name),
    values["input-format"],
  );
  requireContents(files, format);
  const field = format === "text" ? lineColumn : values.field;
  const keep = keptColumns(values);
  const reading = { files, format, field, keep, hasColumns: hasColumns(outputFormat), signal };
  const columns = reading.hasColumns ? columnsOf(await sampleOf(reading), keep, format) : [];
  const total = files.reduce((sum, { size }) => sum + size, 0);
  const cells = new Fifo<readonly Cell[]>();
  let read = 0;
  async function* texts(): AsyncGenerator<string, void, undefined> {
    const options = {
      format,
      columns: columnsToRead(reading),
      signal,
      onBytes: (bytes: number) => {
        read += bytes;
      },
    };
    for await (const row of rowsOfParts(partsOf(files, 0, 1), options)) {
      if (columns.length > 0) cells.add(cellsOf(row, columns, keep === undefined));
      yield textOf(row, field, fieldHint);
    }
  }
  return {
    texts: texts(),
    fractionRead: () => (total === 0 ? undefined : read / total),
    columns,
    cells,
    isPipe: false,
  };
}
