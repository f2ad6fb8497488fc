/** A task that is read from files by its name. */
import type { Evaluator } from "../evaluator.ts";

export interface Task {
  /** As the command line names it: `sts12`. */
  readonly name: string;
  /** Of files named by the caller, not of those that lie in the data folder. */
  readonly isOwnFile: boolean;
  /**
   * @param data the folder that holds the files of ready tasks
   * @throws HpdError `not_found` with the layout expected, `corrupt_file`, `invalid_argument` with file and line
   */
  load(data: string, signal?: AbortSignal): Promise<Evaluator[]>;
}
