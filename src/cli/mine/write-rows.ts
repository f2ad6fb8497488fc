/** Mined rows as JSON lines, or as CSV. */
import { yieldToEventLoop } from "../../common/yielder.ts";
import type { MinedNegatives } from "../../train.ts";
import { requireUncompressed } from "../output/require-uncompressed.ts";
import type { TextOutput } from "../output/text-output.ts";
import { UsageError } from "../usage-error.ts";
import type { Values } from "./settings.ts";

export type WriteRows = (mined: MinedNegatives, output: TextOutput, signal: AbortSignal) => Promise<void>;

/** Rows between two yields to the event loop. */
const rowsBetweenYields = 1024;

/** The writer for a file's extension. @throws UsageError for a format that can't be written */
export function rowWriterOf({ output, ...values }: Values): WriteRows {
  const extension = /\.([^./\\]+)$/.exec(output ?? "")?.[1]?.toLowerCase();
  requireUncompressed(output);
  if (extension === "tsv" || extension === "parquet" || extension === "json") {
    throw new UsageError(`--output should end in .jsonl or .csv, got ${output}`);
  }
  if (extension !== "csv") return writeJsonl;
  if (
    values["output-format"] === "labeled-list" ||
    (values["output-scores"] && values["output-format"] !== "labeled-pair")
  ) {
    throw new UsageError(`${output}: CSV can't hold lists of scores and labels: write .jsonl`);
  }
  return writeCsv;
}

const writeJsonl: WriteRows = async (mined, output, signal) => {
  await writeLines(mined, output, signal, (row) => JSON.stringify(row));
};

const writeCsv: WriteRows = async (mined, output, signal) => {
  const cell = (value: unknown): string => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  await output.write(`${mined.columns.map(cell).join(",")}\n`);
  await writeLines(mined, output, signal, (row) => Object.values(row).map(cell).join(","));
};

async function writeLines(
  mined: MinedNegatives,
  output: TextOutput,
  signal: AbortSignal,
  lineOf: (row: object) => string,
): Promise<void> {
  let written = 0;
  for (const row of mined) {
    await output.write(`${lineOf(row)}\n`);
    if (++written % rowsBetweenYields !== 0) continue;
    await yieldToEventLoop();
    signal.throwIfAborted();
  }
}
