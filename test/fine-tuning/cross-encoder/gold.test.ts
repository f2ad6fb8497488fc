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
import { openModel } from "../../../src/hub/node.ts";
import { inputFeatures } from "../../../src/modules/features.ts";
import { plainSettings } from "../../../src/modules/transformer/settings.ts";
import { loadTransformer } from "../../../src/modules/transformer/transformer.ts";
import { Random } from "../../../src/random.ts";
import { elementCount } from "../../../src/tensor/tensor.ts";
import type { Batch } from "../../../src/training/learner/learner.ts";
import { withNewHead } from "../../../src/training/student/initial-parameters.ts";
import { sizesOf } from "../../autodiff/evaluate.ts";
import { floats, sumsOf } from "../../autodiff/gold-gradients.ts";
import { fixture } from "../../encode/model-folder.ts";
import { largestDifference, learnerOf, sharedLearner } from "../../training/learner/tiny-student.ts";

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

/** The loss of a case, and its columns: without those of documents of other rows, which come to them. */
function partsOf(each: Case) {
  const [queries, ...documents] = each.columns as [string[], ...string[][]];
  const loss = lossOf(each);
  return { loss, queries, documents, others: loss.othersOf?.(documents.length, queries.length) ?? 0 };
}

const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0, correctBias: false };

const folders = [...new Set(gold.losses.map(({ folder }) => folder))];

describe.each(folders)("a loss and its gradients by all parameters of %s", (folder) => {
  const cases = gold.losses.filter((each) => each.folder === folder);
  const made = opened(crossEncoder(folder));
  // How batches with types are divided is no matter of the family.
  const threads = folder === "bert-1" ? 2 : 1;
  /** Of all its losses. */
  const start = sharedLearner(async () => {
    const { student, hasTypes, labels } = await made;
    const objectives = cases.map((each) => {
      const { loss, documents, others } = partsOf(each);
      const shape = { pairs: documents.length, others, scores: labels.length };
      return { loss: learnerLossOf(loss, shape), columns: documents.length + others };
    });
    return learnerOf(student, { objectives, hasTypes, optimizer, maxGradientNorm: Infinity, threads });
  });

  test.each(
    cases.map((each, objective) => [each.name, JSON.stringify(each.options), each.columns.length, objective] as const),
  )("%s %s of %i columns", async (_name, _options, _columns, objective) => {
    const each = cases[objective]!;
    const { student, tokenizer, maxLength } = await made;
    const { loss, queries, documents, others } = partsOf(each);
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
      objective,
    };
    const learner = await start();
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
  });
});

describe("a new head is drawn as transformers draws it", () => {
  test.each(Object.entries(gold.heads))("%s", async (name, head) => {
    const options = { settings: plainSettings, onWarning() {} };
    const encoder = await loadTransformer(await openModel(fixture(name)), "", options);
    const drawn = Array.from({ length: 20 }, (_, seed) => withNewHead(encoder, 1, new Random(seed)).parameters.tensors);
    for (const [parameter, expected] of Object.entries(head)) {
      const tensors = drawn.map((tensors) => tensors.get(parameter)!);
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
    const { student, hasNewHead } = await openCrossEncoder({ model: fixture(name), seed: 3, onWarning() {} });
    expect(hasNewHead).toBe(true);
    for (const [parameter, { data }] of student.parameters) {
      expect(data, parameter).toEqual(drawn[3]!.get(parameter)!.data);
    }
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
