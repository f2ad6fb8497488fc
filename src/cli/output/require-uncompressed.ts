/** Outputs are written as they are: a name that says otherwise would be unzipped by whoever reads it. */
import { zipOf } from "../../texts/unzip.ts";
import { UsageError } from "../usage-error.ts";

/** @throws UsageError for the first output whose name is that of a compressed file */
export function requireUncompressed(...outputs: readonly (string | undefined)[]): void {
  for (const output of outputs) {
    const ending = output === undefined ? undefined : zipOf(output)?.ending;
    if (ending !== undefined)
      throw new UsageError(`${output}: outputs are not compressed: leave out ${ending}, and compress afterwards`);
  }
}
