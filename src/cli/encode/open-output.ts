/** The output file of embeddings, by its extension. */
import { PartialFile } from "../../files/partial-file.ts";
import type { KeptColumn } from "../../jobs/columns.ts";
import type { EmbeddingRows, EmbeddingShape } from "../../jobs/outputs/embedding-rows.ts";
import { openLanceTable } from "../../jobs/outputs/lance-rows.ts";
import { extensionOf, openShardFile } from "../../jobs/shard-file.ts";
import type { Outputs } from "../output/outputs.ts";

const formats = {
  ...Object.fromEntries(Object.entries(extensionOf).map(([format, end]) => [end, format])),
  ".lance": "lance",
};

export type FileFormat = keyof typeof extensionOf | "lance";

/** The format of a file; undefined for another extension. */
export function fileFormatOf(output: string): FileFormat | undefined {
  const extension = /\.[^./\\]+$/.exec(output)?.[0] ?? "";
  return Object.hasOwn(formats, extension) ? (formats as Record<string, FileFormat>)[extension] : undefined;
}

/** Whether columns stand beside the embeddings. */
export function hasColumns(format: FileFormat | undefined): boolean {
  return format === "parquet" || format === "lance";
}

/** Opens the output, which `outputs` finishes or removes. */
export async function openRowsOutput(
  outputs: Outputs,
  output: string,
  columns: readonly KeptColumn[],
  shape: EmbeddingShape,
): Promise<EmbeddingRows> {
  const format = fileFormatOf(output)!;
  if (format === "lance") return outputs.add(openLanceTable(output, columns, shape));
  // The header of arrays is written last.
  const file = await outputs.add(PartialFile.create(output, { isSeekable: format !== "parquet" }));
  return openShardFile(file, format, columns, shape);
}
