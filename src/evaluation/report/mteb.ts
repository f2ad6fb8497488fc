/**
 * Results in the files that MTEB writes and its leaderboard reads: `TASK.json`, one a task.
 * Source: `TaskResult` of mteb (`to_disk`). The data behind a task of the same name may differ from MTEB's copy of it.
 */
import type { ModelReport } from "./report.ts";

/** Where MTEB calls it otherwise. */
const taskNames: Readonly<Record<string, string>> = { "STS-B": "STSBenchmark" };

export interface ResultFile {
  /** `STS12.json` */
  readonly fileName: string;
  readonly content: object;
}

/** @param language of the texts, as MTEB writes it: ISO 639-3 and script */
export function mtebResults({ tasks }: ModelReport, language = "eng-Latn"): ResultFile[] {
  return tasks.map(({ name, score, scores }) => {
    const taskName = taskNames[name] ?? name;
    return {
      fileName: `${taskName.replace(/[^\w.-]+/g, "_")}.json`,
      content: {
        dataset_revision: "local files",
        task_name: taskName,
        mteb_version: null,
        scores: { test: [{ ...scores, main_score: score, hf_subset: "default", languages: [language] }] },
        evaluation_time: null,
        kg_co2_emissions: null,
      },
    };
  });
}
