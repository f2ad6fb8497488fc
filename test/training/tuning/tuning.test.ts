/** Frozen weights and learning rates by layers: what stays, what is learnt as ever, what is refused. */
import { expect, test } from "vitest";
import type { Learner } from "../../../src/training/learner/learner.ts";
import { openStudent } from "../../../src/training/student/open-student.ts";
import { frozenBy } from "../../../src/training/tuning/freeze.ts";
import { layerPositions, prefixOf } from "../../../src/training/tuning/layer-positions.ts";
import { type TuningOptions, trainedCount, tuningOf } from "../../../src/training/tuning/tuning.ts";
import { fixture } from "../../encode/model-folder.ts";
import {
  copyOf,
  largestDifference,
  learnerOf,
  randomBatch,
  sharedLearner,
  tinyStudent,
} from "../learner/tiny-student.ts";

const base: TuningOptions = { freeze: undefined, layerwiseLearningRateDecay: undefined, lora: undefined, seed: 1 };
const optimizer = { beta1: 0.9, beta2: 0.999, epsilon: 1e-3, weightDecay: 0.1, correctBias: true };
const student = await tinyStudent();

const tuned = (options: Partial<TuningOptions>): Promise<Learner> =>
  learnerOf(student, {
    tuning: tuningOf(student, { ...base, ...options }),
    ...{ optimizer, threads: 2, maxGradientNorm: Infinity },
  });

/** All of it learns alike. */
const plain = sharedLearner(() => tuned({}));

async function withLearner<Result>(
  options: Partial<TuningOptions>,
  work: (learner: Learner) => Promise<Result>,
): Promise<Result> {
  const learner = await tuned(options);
  try {
    return await work(learner);
  } finally {
    await learner.dispose();
  }
}

async function step(learner: Learner, rate: number, seed = 1): Promise<void> {
  await learner.accumulate(randomBatch(seed, 8));
  await learner.update(rate);
}

test.each([
  ["mpnet", ["embeddings.word_embeddings.weight", "encoder.relative_attention_bias.weight"], []],
  [
    "modernbert-hub",
    ["model.embeddings.tok_embeddings.weight", "model.embeddings.norm.weight"],
    ["model.final_norm.weight"],
  ],
  // Its bias of relative positions lies in the first layer, and all layers take it.
  [
    "t5",
    ["shared.weight", "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight"],
    ["encoder.final_layer_norm.weight", "2_Dense/linear.weight"],
  ],
  ["distilbert", ["distilbert.embeddings.LayerNorm.weight"], []],
  ["static-dense", ["embedding.weight"], ["1_Dense/linear.weight"]],
])("places of %s: what comes before the layers, in them and after them", async (model, before, after) => {
  const places = layerPositions((await openStudent({ model: fixture(model) })).modules);
  for (const name of before) expect(places.get(name), name).toBe("embeddings");
  for (const name of after) expect(places.get(name), name).toBe("top");
  for (const [name, place] of places) {
    const number = /(?:layer|layers|block)\.(\d+)\./.exec(name)?.[1];
    if (before.includes(name)) continue;
    if (number !== undefined) expect(place, name).toBe(Number(number));
    else expect(["embeddings", "top"], name).toContain(place);
  }
});

test("embeddings, layers by their numbers, weights by their names", () => {
  const places = layerPositions(student.modules);
  const names = (...entries: string[]) => [...frozenBy(entries, places)];
  expect(names("embeddings").every((name) => name.startsWith("embeddings."))).toBe(true);
  expect(names("embeddings").length).toBe(5);
  expect(names("0").every((name) => name.startsWith("encoder.layer.0."))).toBe(true);
  expect(names("0-1").toSorted()).toEqual([...names("0"), ...names("encoder.layer.1.*")].toSorted());
  expect(names("2_Dense/linear.bias", "*LayerNorm*").length).toBe(1 + 2 * 5);
  expect(names("0", "encoder.layer.0.*").length).toBe(names("0").length);
});

test("weights have the names that transformers gives them, whatever stands before them in the checkpoint", async () => {
  const { modules } = await openStudent({ model: fixture("distilbert") });
  const names = [...frozenBy(["transformer.layer.0.*"], layerPositions(modules), prefixOf(modules))];
  expect(names).toEqual([...frozenBy(["0"], layerPositions(modules))]);
});

test("what is frozen keeps every bit, all else is learnt as without, and checkpoints hold that alone", async () => {
  const freeze = ["embeddings", "0"];
  const places = layerPositions(student.modules);
  const frozen = frozenBy(freeze, places);
  const whole = await plain();
  await withLearner({ freeze }, async (learner) => {
    const names = new Set([...(await learner.state()).tensors.keys()].map((name) => name.replace(/^\w+\//, "")));
    const trained = [...places.keys()].filter((name) => !frozen.has(name));
    expect([...names].toSorted()).toEqual([...trained, "learning rates"].toSorted());
    await step(whole, 1e-2);
    await step(learner, 1e-2);
    const [a, b] = [(await whole.state()).tensors, (await learner.state()).tensors];
    for (const name of trained) {
      for (const kind of ["parameters", "first", "second"]) {
        expect(b.get(`${kind}/${name}`)!.data, name).toEqual(a.get(`${kind}/${name}`)!.data);
      }
    }
    for (let seed = 2; seed < 6; seed++) await step(learner, 1e-2, seed);
    const parameters = await learner.parameters();
    expect([...parameters.keys()].toSorted()).toEqual([...student.parameters.keys()].toSorted());
    for (const [name, { data }] of student.parameters) {
      if (frozen.has(name)) expect(parameters.get(name)!.data, name).toEqual(data);
      else if (!name.endsWith("key.bias")) {
        expect(largestDifference(parameters.get(name)!.data, data), name).toBeGreaterThan(1e-4);
      }
    }
    // A frozen table still says which ids there are.
    await expect(learner.embed([Int32Array.of(2, 142, 3)])).rejects.toThrow(
      /token id should be from 0 to 141, got 142/,
    );
  });
});

test("each layer learns at its own rate: decay^1 below the last one, embeddings at decay^2, in weight decay too", async () => {
  const places = layerPositions(student.modules);
  const after = async (learner: Learner, rate: number) => {
    await step(learner, rate);
    return copyOf(await learner.parameters());
  };
  const decayed = await withLearner({ layerwiseLearningRateDecay: 0.5 }, (learner) => after(learner, 2 ** -6));
  const alike = new Map([
    [1, await after(await plain(), 2 ** -6)],
    [0.5, await after(await plain(), 2 ** -7)],
    [0.25, await after(await plain(), 2 ** -8)],
  ]);
  for (const [name, place] of places) {
    const factor = place === 0 ? 0.5 : place === "embeddings" ? 0.25 : 1;
    expect(decayed.get(name), name).toEqual(alike.get(factor)!.get(name));
  }
});

test("adapters learn at the rates of their layers", () => {
  const lora = { rank: 2, alpha: 2, dropout: 0, useRslora: false, targetModules: undefined };
  const { rates } = tuningOf(student, { ...base, lora, layerwiseLearningRateDecay: 0.5 });
  expect(rates.get("encoder.layer.0.attention.self.query.lora_A.weight")).toBe(0.5);
  expect(rates.get("encoder.layer.1.attention.self.value.lora_B.weight")).toBe(1);
});

test("frozen layers have no adapters, which would change them in the end", () => {
  const lora = { rank: 2, alpha: 2, dropout: 0, useRslora: false, targetModules: undefined };
  const { adapters, frozen } = tuningOf(student, { ...base, lora, freeze: ["0", "*.1.*.query.*"] });
  expect(adapters.map(({ weight }) => weight)).toEqual(["encoder.layer.1.attention.self.value.weight"]);
  expect(frozen).toEqual(tuningOf(student, { ...base, lora }).frozen);
  const all = { ...base, lora, freeze: ["embeddings", "0-1"] };
  expect(tuningOf(student, all).adapters).toEqual([]);
  expect(() => tuningOf(student, { ...all, freeze: ["*"] })).toThrow(/freeze leaves nothing to train/);
});

test("a frozen model with nothing to train, and what isn't there", async () => {
  const albert = await openStudent({ model: fixture("albert") });
  const refused: [typeof student, Partial<TuningOptions>, RegExp][] = [
    [student, { freeze: ["embeddings", "0-1", "2_Dense/*"] }, /freeze leaves nothing to train: all \d+ weights .*lora/],
    [student, { freeze: ["*"] }, /freeze leaves nothing to train/],
    [student, { freeze: ["0-2"] }, /the model has layers 0 to 1, got 0-2/],
    [student, { freeze: ["1-0"] }, /the model has layers 0 to 1, got 1-0/],
    [student, { freeze: ["encoder.*.pooler"] }, /no weight encoder.*pooler.*weights are embeddings\./],
    [albert, { freeze: ["0"] }, /no layers with weights of their own, got 0/],
    [albert, { layerwiseLearningRateDecay: 0.9 }, /no layers with weights of their own: leave it out/],
  ];
  for (const [of, options, message] of refused) {
    expect(() => tuningOf(of, { ...base, ...options })).toThrow(message);
  }
  const tuning = tuningOf(student, { ...base, freeze: ["embeddings", "0-1", "2_Dense/linear.weight"] });
  expect(trainedCount(student, tuning)).toBe(8);
});
