/** A task that is read from files by its name. */
import type { Evaluator } from "../evaluator.ts";

export interface Task {
  /** As the command line names it: `sts12`. */
  readonly name: string;
  /** One line for people: what it is, and where its files are. */
  readonly description: string;
  /**
   * @param data the folder that holds every task's files
   * @throws HpdError `not_found` with the layout expected, `corrupt_file`, `invalid_argument` with file and line
   */
  load(data: string, signal: AbortSignal): Promise<Evaluator[]>;
}
