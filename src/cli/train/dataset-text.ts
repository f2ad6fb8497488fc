/** What `hpd train` says of a dataset. */
import type { DatasetSummary } from "../../train.ts";
import { grouped } from "../progress.ts";

/**
 * A line.
 *
 * @param one before the columns of the only dataset
 * @param several before the name of one of several
 */
export function datasetText(
  { name, counts, columns, label, batches }: DatasetSummary,
  one = "columns: ",
  several = "dataset ",
): string {
  const fields = `${columns.join(", ")}${label === undefined ? "" : `; label: ${label}`}`;
  if (name === "") return one + fields;
  return (
    `${several}${name}: ${grouped(counts.train)} rows to train on in ${grouped(batches)} batches an epoch, ` +
    `${grouped(counts.validation)} held out; ${fields}`
  );
}
