/**
 * Ten steps against PyTorch: losses, gradient norms, and all parameters in the end. PyTorch updates every row of the
 * embeddings in every step; here a row that rests catches up when it is used. See tools/gold/training.py.
 */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import type { Tokenizer } from "../../../src/tokenizer/tokenizer.ts";
import type { LossWeights } from "../../../src/training/losses/weighted-loss.ts";
import type { AdamWOptions } from "../../../src/training/optimizer/adamw.ts";
import { createStudent } from "../../../src/training/student/create-student.ts";
import type { Student } from "../../../src/training/student/student.ts";
import { floats } from "../../autodiff/gold-gradients.ts";
import { fixture } from "../../encode/model-folder.ts";
import { targetBatch } from "./target-batch.ts";
import { largestDifference, learnerOf, tinyStudent } from "./tiny-student.ts";

interface GoldRun {
  name: string;
  loss: LossWeights;
  optimizer: AdamWOptions;
  maxGradientNorm: number | null;
  steps: {
    batches: { sentences: number[]; targets: number[][] }[];
    learningRate: number;
    losses: number[];
    gradientNorm: number;
  }[];
  /** Float32 in base64, by name */
  parameters: Record<string, string>;
}

const tolerance = 1e-5;

/**
 * It moves all scores of a query alike, so its gradient is zero but for noise. Where epsilon is no larger than the
 * noise, AdamW makes steps of the noise: PyTorch's own float32 is 1e-4 off its float64.
 */
const biasOfKeys = /key\.bias$/;

interface Gold {
  sentences: string[];
  runs: GoldRun[];
  /** Where the Dense of the student is in no folder: its weight. */
  dense?: string;
}

function readGold(name: string): Gold {
  const bytes = readFileSync(new URL(`../../gold/training/${name}.json.gz`, import.meta.url));
  return JSON.parse(String(gunzipSync(bytes)));
}

const gold = readGold("steps");
const staticGold = readGold("static-steps");
const torchGold = readGold("torch-steps");

async function staticStudent(): Promise<Student> {
  const student = await createStudent({ model: fixture("static"), dimension: 8, seed: 0 });
  const weight = { dtype: "float32", shape: [8, 16], data: floats(staticGold.dense!) } as const;
  return student.withParameters(new Map([...student.parameters, ["1_Dense/linear.weight", weight]]));
}

const runs = [
  ...[...gold.runs, ...torchGold.runs].map((run) => ({ ...run, sentences: gold.sentences, create: tinyStudent })),
  ...staticGold.runs.map((run) => ({
    ...run,
    name: `a static student: ${run.name}`,
    sentences: staticGold.sentences,
    create: staticStudent,
  })),
];

// That more threads learn what one learns is a law of its own.
test.each(runs.map((run, index) => ({ ...run, threads: 1 + (index % 3) })))(
  "$name, with $threads threads",
  async ({ threads, ...run }) => {
    const student = await run.create();
    const { loss, optimizer, maxGradientNorm } = run;
    const options = { loss, optimizer, maxGradientNorm: maxGradientNorm ?? Infinity, threads };
    const learner = await learnerOf(student, options);
    try {
      for (const [index, step] of run.steps.entries()) {
        for (const [at, batch] of step.batches.entries()) {
          const loss = await learner.accumulate(batchOf(batch, run.sentences, student.tokenizer));
          expect(Math.abs(loss - step.losses[at]!), `loss ${at} of step ${index}`).toBeLessThan(tolerance);
        }
        const { gradientNorm } = await learner.update(step.learningRate);
        expect(Math.abs(gradientNorm / step.gradientNorm - 1), `norm of step ${index}`).toBeLessThan(1e-4);
      }
      const parameters = await learner.parameters();
      expect([...parameters.keys()].toSorted()).toEqual(Object.keys(run.parameters).toSorted());
      const errors = Object.entries(run.parameters).map(
        ([name, values]) => [name, largestDifference(parameters.get(name)!.data, floats(values))] as const,
      );
      const isNoise = (name: string) => run.optimizer.epsilon < 1e-7 && biasOfKeys.test(name);
      expect(errors.filter(([name, error]) => !(error < tolerance) && !isNoise(name))).toEqual([]);
    } finally {
      await learner.dispose();
    }
  },
);

test("epsilon before and after the correction of moments differ by more than the tolerance", async () => {
  const [run] = torchGold.runs as [GoldRun];
  const student = await tinyStudent();
  const optimizer = { ...run.optimizer, epsilonAfterCorrection: false };
  const learner = await learnerOf(student, { ...run, optimizer, maxGradientNorm: run.maxGradientNorm!, threads: 1 });
  try {
    for (const { batches, learningRate } of run.steps) {
      await learner.accumulate(batchOf(batches[0]!, gold.sentences, student.tokenizer));
      await learner.update(learningRate);
    }
    const parameters = await learner.parameters();
    const errors = Object.entries(run.parameters).map(([name, values]) =>
      largestDifference(parameters.get(name)!.data, floats(values)),
    );
    expect(Math.max(...errors)).toBeGreaterThan(20 * tolerance);
  } finally {
    await learner.dispose();
  }
});

test("what is compared has moved by more than the tolerance, and rows of words have rested in between", async () => {
  for (const run of runs) {
    const { parameters } = await run.create();
    for (const [name, values] of Object.entries(run.parameters)) {
      if (biasOfKeys.test(name)) continue;
      expect(largestDifference(parameters.get(name)!.data, floats(values)), name).toBeGreaterThan(50 * tolerance);
    }
  }
  const used = gold.runs[1]!.steps.map(({ batches }) => new Set(batches.flatMap(({ sentences }) => sentences)));
  const rests = gold.sentences.flatMap((_, sentence) => {
    const steps = used.flatMap((inStep, step) => (inStep.has(sentence) ? [step] : []));
    return steps.slice(1).map((step, index) => step - steps[index]! - 1);
  });
  expect(Math.max(...rests)).toBeGreaterThan(4);
});

function batchOf(
  { sentences, targets }: { sentences: number[]; targets: number[][] },
  texts: readonly string[],
  tokenizer: Pick<Tokenizer, "encode">,
) {
  const ids = sentences.map((sentence) => tokenizer.encode(texts[sentence]!));
  return targetBatch(ids, Float32Array.from(targets.flat()));
}
