/**
 * Results in the files that MTEB writes and its leaderboard reads: `TASK.json`, one a task.
 * Source: `TaskResult` of mteb (`to_disk`). The data behind a task of the same name may differ from MTEB's copy of it.
 */
import type { ModelReport } from "./report.ts";

/** The ready tasks, all in English. Any other name is that of a file of one's own, in whatever language. */
const english = /^(STS1[2-6]|STS-B(-dev)?|SICK-R|Quora(Retrieval)?)$/;

/** Where MTEB calls it otherwise. */
const taskNames: ReadonlyMap<string, string> = new Map([["STS-B", "STSBenchmark"]]);

export interface ResultFile {
  /** `STS12.json` */
  readonly fileName: string;
  readonly content: object;
}

export function mtebResults({ tasks }: ModelReport): ResultFile[] {
  const taken = new Set<string>();
  return tasks.map(({ name, score, scores, isDev }) => {
    // ISO 639-3 and ISO 15924: und and Zyyy are what is undetermined. With an empty list MTEB would have no score.
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

/** Characters that no file name should have became others: two names may be one then, also where case doesn't count. */
function distinct(name: string, taken: Set<string>): string {
  let free = name;
  for (let number = 2; taken.has(free.toLowerCase()); number++) free = `${name}_${number}`;
  taken.add(free.toLowerCase());
  return free;
}
