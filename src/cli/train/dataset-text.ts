/** What `hpd train` says of a dataset. */
import { firstFew } from "../../common/first-few.ts";
import type { DatasetSummary } from "../../train.ts";
import { grouped } from "../progress.ts";

/** Labels that a line names. */
const mostShown = 6;

/**
 * A line.
 *
 * @param one before the columns of the only dataset
 * @param several before the name of one of several
 */
export function datasetText(
  { name, counts, columns, label, classes, batches }: DatasetSummary,
  one = "columns: ",
  several = "dataset ",
): string {
  const found = classes === undefined ? "" : `, ${classes.length} of them: ${firstFew(classes, mostShown)}`;
  const fields = `${[...new Set(columns)].join(", ")}${label === undefined ? "" : `; label: ${label}${found}`}`;
  if (name === "") return one + fields;
  return (
    `${several}${name}: ${grouped(counts.train)} rows to train on in ${grouped(batches)} batches an epoch, ` +
    `${grouped(counts.validation)} held out; ${fields}`
  );
}
