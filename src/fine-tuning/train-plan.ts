/** The plan of a run: what it reads, its time and its disk space. */
import type { Space } from "../training/run/space.ts";
import type { FineTuningPreparedEvent } from "./events.ts";

export interface TrainPlan extends Omit<FineTuningPreparedEvent, "type" | "resumedFrom"> {
  readonly trainRowsPerSecond: number;
  readonly seconds: {
    /** Seconds of the guides, which embed all rows; 0 without one. */
    readonly guide: number;
    readonly training: number;
    readonly validation: number;
  };
  readonly disk: {
    /** Permanent: the new model. */
    readonly out: Space;
    /** Temporary: texts, embeddings of guides, checkpoints. */
    readonly work: Space;
  };
}
