/** The description of a dataset in the output of `hpd train`. */
import { firstFew } from "../../common/first-few.ts";
import { counted, grouped } from "../../common/numbers.ts";
import type { DatasetSummary } from "../../train.ts";

/** Maximum number of labels that are listed. */
const mostShown = 6;

/**
 * One line that describes a dataset.
 *
 * @param one precedes the columns of the only dataset
 * @param several precedes the name of one of several datasets
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
    `${several}${name}: ${counted(counts.train, "row")} to train on in ${counted(batches, "batch", "batches")} an epoch, ` +
    `${grouped(counts.validation)} held out; ${fields}`
  );
}
