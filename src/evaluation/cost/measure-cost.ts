/**
 * Measures what a model costs, in a process of its own: the peak of its memory is then the model's alone, and nothing else
 * takes its cores.
 */

import { fork } from "node:child_process";
import { checkedOptions } from "../../common/options.ts";
import { loadHints, loadOptions } from "../../encode/options.ts";
import { HpdError } from "../../errors.ts";
import { packageFile } from "../../files/package-file.ts";
import type { Cost } from "./cost.ts";
import type { CostAnswer, CostQuestion, PlainLoadOptions } from "./cost-messages.ts";

/** Enough to fill every worker many times over. */
const sampleSize = 512;

function costProcess(): URL {
  return packageFile(
    "dist/evaluation/cost/hpd-cost-process.js",
    () => new URL("./hpd-cost-process.js", import.meta.url),
  );
}

/**
 * Loads the model once more and encodes a sample of the texts: evenly over their lengths, so the same one for every model.
 *
 * @throws HpdError as loading and encoding do, `runtime` where the process dies; the signal's reason when it aborts
 */
export async function measureCost(
  model: string,
  options: PlainLoadOptions,
  texts: readonly string[],
  signal?: AbortSignal,
): Promise<Cost> {
  const { onProgress: _onProgress, onWarning: _onWarning, signal: _signal, ...plainLoadOptions } = loadOptions;
  const given = checkedOptions<PlainLoadOptions>("measureCost", options, plainLoadOptions, loadHints);
  signal?.throwIfAborted();
  const byLength = [...new Set(texts)].sort((a, b) => b.length - a.length);
  const count = Math.min(sampleSize, byLength.length);
  const sample = Array.from({ length: count }, (_, index) => byLength[Math.floor((index * byLength.length) / count)]!);
  const question: CostQuestion = { model, options: given, texts: sample };
  const child = fork(costProcess(), { stdio: ["ignore", "ignore", "inherit", "ipc"] });
  const stop = () => child.kill("SIGKILL");
  signal?.addEventListener("abort", stop);
  try {
    const answer = await new Promise<CostAnswer>((resolve, reject) => {
      child.once("message", (message) => resolve(message as CostAnswer));
      child.once("error", reject);
      child.once("exit", (code, killedBy) =>
        reject(new HpdError("runtime", `the process that measures ${model} ended with ${killedBy ?? code}`)),
      );
      child.send(question);
    });
    if ("error" in answer) throw new HpdError(answer.error.code, answer.error.message);
    return answer.cost;
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", stop);
    stop();
  }
}
