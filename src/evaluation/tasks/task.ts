/** A named task whose data are read from files. */
import type { Evaluator } from "../evaluator.ts";

export interface Task {
  /** Name on the command line: `sts12`. */
  readonly name: string;
  /** Whether the caller names the files, rather than the data folder holding them. */
  readonly isOwnFile: boolean;
  /**
   * Reads the task's data.
   *
   * @param data folder of the ready tasks' files
   * @throws HpdError `not_found` with the expected layout, `corrupt_file`, `invalid_argument` with file and line
   */
  load(data: string, signal?: AbortSignal): Promise<Evaluator[]>;
}
