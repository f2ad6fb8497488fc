/** hpd's learner, the built package, with default options. Arguments: model folder, workload file (train-work.ts). */
import { readFileSync } from "node:fs";
import { dimension, type WorkloadFile } from "../train-work.ts";
import { peakMiB, serveCommands } from "./serve.ts";

const [folder, workloadFile] = process.argv.slice(2) as [string, string];
const { batches, targets, dropout } = JSON.parse(readFileSync(workloadFile, "utf8")) as WorkloadFile;

type Student = typeof import("../../src/training/student/create-student.ts");
type Loss = typeof import("../../src/training/losses/weighted-loss.ts");
type Create = typeof import("../../src/training/learner/create-learner.ts");
// By URL, so that the type check needs no build.
const built = <Exports>(path: string): Promise<Exports> => import(new URL(`../../dist/${path}`, import.meta.url).href);
const { createStudent } = await built<Student>("training/student/create-student.js");
const { createLearner } = await built<Create>("training/learner/create-learner.js");
const { weightedLoss } = await built<Loss>("training/losses/weighted-loss.js");

const student = await createStudent({ model: folder, keepDense: true, dimension, seed: 1 });
const learner = await createLearner({
  modules: student.modules,
  padId: student.tokenizer.padId,
  objectives: [{ loss: weightedLoss({ mse: 1 }), columns: 1 }],
  optimizer: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01, correctBias: true },
  maxGradientNorm: 1,
  dropout,
  seed: 1,
});
const bytes = readFileSync(targets);
const allTargets = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
let at = 0;
const steps = batches.map((ids) => {
  const start = at;
  at += ids.length * dimension;
  const shape = [ids.length, dimension];
  return {
    columns: [ids.map((row) => Int32Array.from(row))],
    labels: { target: { dtype: "float32", shape, data: allTargets.subarray(start, at) } as const },
  };
});

await serveCommands(
  {},
  {
    async round() {
      const losses: number[] = [];
      let optimizerSeconds = 0;
      const start = performance.now();
      for (const batch of steps) {
        losses.push(await learner.accumulate(batch));
        const begin = performance.now();
        await learner.update(1e-4);
        optimizerSeconds += (performance.now() - begin) / 1000;
      }
      return { seconds: (performance.now() - start) / 1000, optimizerSeconds, losses, peakMiB: peakMiB() };
    },
  },
);
