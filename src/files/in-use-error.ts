/** The error of a folder or database that another process is writing to: who can wait tries again. */
import { HpdError } from "../errors.ts";

export class InUseError extends HpdError {
  constructor(message: string) {
    super("invalid_argument", message);
  }
}
