/**
 * Results in the files that MTEB writes and its leaderboard reads: one `TASK.json` per task.
 * Source: `TaskResult` of mteb (`to_disk`). The data behind a task of the same name may differ from MTEB's copy of it.
 */
import { kindOf } from "../../common/arguments.ts";
import { HpdError } from "../../errors.ts";
import type { ModelReport } from "./report.ts";

/** Names of the ready tasks, which are in English. Any other task is the user's, in an unknown language. */
const english = /^(STS1[2-6]|STS-B(-dev)?|SICK-R|Quora(Retrieval)?)$/;

/** MTEB's names of tasks that are named otherwise here. */
const taskNames: ReadonlyMap<string, string> = new Map([["STS-B", "STSBenchmark"]]);

export interface MtebResultFile {
  /** `STS12.json` */
  readonly fileName: string;
  readonly content: object;
}

/** MTEB's result files of a model. @throws HpdError `invalid_argument` for anything but one of a report's models */
export function mtebResults(model: ModelReport): MtebResultFile[] {
  const { tasks } = (model ?? {}) as ModelReport;
  if (!Array.isArray(tasks)) {
    const expected = "one of the models of what buildReport gives";
    throw new HpdError("invalid_argument", `model should be ${expected}, got ${kindOf(model)}`);
  }
  const taken = new Set<string>();
  return tasks.map(({ name, score, scores, isDev }) => {
    // ISO 639-3 and ISO 15924: und and Zyyy mean undetermined. With an empty list MTEB would have no score.
    const languages = [english.test(name) ? "eng-Latn" : "und-Zyyy"];
    const taskName = taskNames.get(name) ?? name;
    return {
      fileName: `${distinct(taskName.replace(/[^\w.-]+/g, "_"), taken)}.json`,
      content: {
        dataset_revision: "local files",
        task_name: taskName,
        mteb_version: null,
        scores: {
          [isDev ? "validation" : "test"]: [{ ...scores, main_score: score, hf_subset: "default", languages }],
        },
        evaluation_time: null,
        kg_co2_emissions: null,
      },
    };
  });
}

/** A file name that is not taken: replacing characters may have made two names equal, also if case is ignored. */
function distinct(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${name}_${number}`;
  taken.add(free.toLowerCase());
  return free;
}
