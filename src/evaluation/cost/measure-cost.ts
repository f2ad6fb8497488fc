/**
 * Measures a model's cost in a process of its own, so that the peak of memory is the model's only and nothing else
 * competes for the cores.
 */

import { fork } from "node:child_process";
import { checkedOptions } from "../../common/options.ts";
import { loadHints, loadOptions } from "../../encode/options.ts";
import { HpdError } from "../../errors.ts";
import { packageFile } from "../../files/package-file.ts";
import type { Cost } from "./cost.ts";
import type { CostAnswer, CostQuestion, PlainLoadOptions } from "./cost-messages.ts";

/** Number of texts: enough for many batches per worker. */
const sampleSize = 512;

function costProcess(): URL {
  return packageFile(
    "dist/evaluation/cost/hpd-cost-process.js",
    () => new URL("./hpd-cost-process.js", import.meta.url),
  );
}

/**
 * Measures the cost of a model: loads it in a new process and encodes a sample of the texts, taken evenly over their
 * lengths and so the same for every model.
 *
 * @param model a folder or hub id
 * @throws HpdError as loading and encoding do, `runtime` if the process dies; the signal's reason when it aborts
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
