/** Losses, gradients, new heads and dropout of cross-encoders against PyTorch's: see tools/gold/cross-encoder-training.py. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import {
  type CrossEncoderLoss,
  learnerLossOf,
} from "../../../src/fine-tuning/cross-encoder/losses/cross-encoder-loss.ts";
import { crossEncoderLosses } from "../../../src/fine-tuning/cross-encoder/losses/index.ts";
import { openCrossEncoder } from "../../../src/fine-tuning/cross-encoder/open-cross-encoder.ts";
import { addDropout } from "../../../src/graph/add-dropout.ts";
import { decompose } from "../../../src/graph/decompose.ts";
import { inputFeatures } from "../../../src/modules/features.ts";
import { elementCount } from "../../../src/tensor/tensor.ts";
import type { Batch } from "../../../src/training/learner/learner.ts";
import { sizesOf } from "../../autodiff/evaluate.ts";
import { floats, sumsOf } from "../../autodiff/gold-gradients.ts";
import { fixture } from "../../encode/model-folder.ts";
import { largestDifference, learnerOf } from "../../training/learner/tiny-student.ts";

interface Case {
  folder: string;
  name: keyof typeof crossEncoderLosses;
  /** Without a number of negatives all of them are taken. */
  options: object;
  columns: string[][];
  labels: number[] | number[][] | null;
  value: number;
  gradients: Record<string, { norm: number; float32Error: number } & ({ whole: string } | { sums: string })>;
}

type Drawn = { shape: number[] } & ({ value: number } | { deviation: number; farthest: number; zero: number[] });

interface Gold {
  masks: number[];
  losses: Case[];
  heads: Record<string, Record<string, Drawn>>;
  dropout: Record<string, number[]>;
  batch: number;
  sequence: number;
}

const bytes = readFileSync(new URL("../../gold/training/cross-encoders.json.gz", import.meta.url));
const gold = JSON.parse(String(gunzipSync(bytes))) as Gold;

const crossEncoder = (name: string) => fileURLToPath(new URL(`../../fixtures/cross-encoders/${name}`, import.meta.url));
const opened = (model: string) => openCrossEncoder({ model, seed: 1, onWarning() {} });

/** Of the length of a gradient; or four times what PyTorch's own float32 is off, if that is more. */
const tolerance = 1e-5;

/** It moves all scores of a query alike, so it has no gradient but noise: compared with that of the weight. */
const biasOfKeys = /\b(key|key_proj|k|k_lin)\.bias$/;

function lossOf({ name, options }: Case): CrossEncoderLoss {
  const given = "numNegatives" in options ? { ...options, numNegatives: Number.POSITIVE_INFINITY } : options;
  return crossEncoderLosses[name](given);
}

describe("a loss and its gradients by all parameters", () => {
  const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0, correctBias: false };
  test.each(
    gold.losses.map(
      (each) => [each.folder, each.name, JSON.stringify(each.options), each.columns.length, each] as const,
    ),
  )("%s: %s %s of %i columns", async (folder, _name, _options, _columns, each) => {
    const { student, tokenizer, maxLength, hasTypes, labels } = await opened(crossEncoder(folder));
    const loss = lossOf(each);
    const [queries, ...documents] = each.columns as [string[], ...string[][]];
    const others = loss.othersOf?.(documents.length, queries.length) ?? 0;
    const shape = { pairs: documents.length, others, scores: labels.length };
    // All documents of other rows, in any order.
    const allOthers = Array.from({ length: others }, (_, place) =>
      queries.map((_, row) => documents.flatMap((column) => column.filter((_, at) => at !== row))[place]!),
    );
    const pairs = [...documents, ...allOthers].map((column) =>
      column.map((document, row) => tokenizer.encodePair(queries[row]!, document, maxLength)),
    );
    const [name, labelShape] = Object.entries(loss.labels(1, each.columns.length))[0] ?? [];
    const batch: Batch = {
      columns: pairs.map((column) => column.map(({ ids }) => ids)),
      types: pairs.map((column) => column.map(({ typeIds }) => typeIds)),
      labels:
        name === undefined
          ? {}
          : {
              [name]: {
                dtype: "float32",
                shape: [queries.length, ...labelShape!],
                data: Float32Array.from(each.labels!.flat()),
              },
            },
    };
    const learner = await learnerOf(student, {
      loss: learnerLossOf(loss, shape),
      columns: pairs.length,
      hasTypes,
      optimizer,
      maxGradientNorm: Infinity,
      threads: 2,
    });
    try {
      expect((await learner.evaluate(batch)) / each.value).toBeCloseTo(1, 5);
      expect((await learner.accumulate(batch)) / each.value).toBeCloseTo(1, 5);
      await learner.update(0);
      const { tensors } = await learner.state();
      const names = [...student.parameters.keys()];
      expect(names.toSorted()).toEqual(Object.keys(each.gradients).toSorted());
      const errors = names.map((parameter) => {
        // After one step the first moment is (1 - beta1) times the gradient.
        const values = tensors.get(`first/${parameter}`)!.data.map((number) => number / (1 - optimizer.beta1));
        const wanted = each.gradients[parameter]!;
        const [actual, expected] =
          "whole" in wanted ? [values, floats(wanted.whole)] : [sumsOf(values, gold.masks), floats(wanted.sums)];
        expect(actual.length, parameter).toBe(expected.length);
        // Nor has the last bias of a loss of differences.
        const isZero = biasOfKeys.test(parameter) || wanted.norm === 0;
        const { norm } = isZero ? each.gradients[parameter.replace("bias", "weight")]! : wanted;
        return [parameter, largestDifference(actual, expected) / norm, wanted.float32Error] as const;
      });
      expect(errors.filter(([, error, float32Error]) => !(error < Math.max(tolerance, 4 * float32Error)))).toEqual([]);
    } finally {
      await learner.dispose();
    }
  });
});

describe("a new head is drawn as transformers draws it", () => {
  test.each(Object.entries(gold.heads))("%s", async (name, head) => {
    const seeds = Array.from({ length: 20 }, (_, seed) => seed);
    const students = await Promise.all(
      seeds.map((seed) => openCrossEncoder({ model: fixture(name), seed, onWarning() {} })),
    );
    const [first] = students;
    expect(first!.hasNewHead).toBe(true);
    for (const [parameter, expected] of Object.entries(head)) {
      const tensors = students.map(({ student }) => student.parameters.get(parameter)!);
      expect(tensors[0]?.shape, parameter).toEqual(expected.shape);
      // A pooler is taken over where the model has one.
      if (parameter.includes("pooler") && String(tensors[0]!.data) === String(tensors[1]!.data)) continue;
      const values = tensors.flatMap(({ data }) => [...data]);
      if ("value" in expected) expect(new Set(values), parameter).toEqual(new Set([expected.value]));
      else {
        const deviation = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
        expect(deviation / expected.deviation, parameter).toBeGreaterThan(0.85);
        expect(deviation / expected.deviation, parameter).toBeLessThan(1.15);
      }
    }
    const other = await openCrossEncoder({ model: fixture(name), seed: 0, onWarning() {} });
    expect(other.student.parameters).toEqual(first!.student.parameters);
  });
});

describe("dropout at the places where transformers has it", () => {
  test.each(Object.entries(gold.dropout))("%s", async (name, expected) => {
    const { student } = await opened(crossEncoder(`${name}-1`));
    const scores = student.modules[0]!.build(inputFeatures()).sentence_embedding!;
    const { noise } = decompose(addDropout({ scores }, 0.25));
    const sizes = noise.map(({ shape }) => elementCount(sizesOf(shape, gold)));
    expect(sizes.toSorted((a, b) => a - b)).toEqual(expected);
  });
});
