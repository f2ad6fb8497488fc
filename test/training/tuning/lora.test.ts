/** Adapters against PEFT's, and what becomes of them: an ordinary model. See tools/gold/lora.py. */
import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { elementsOf } from "../../../src/tensor/lazy-tensor.ts";
import type { Learner } from "../../../src/training/learner/learner.ts";
import { openStudent } from "../../../src/training/student/open-student.ts";
import { prefixOf } from "../../../src/training/tuning/layer-positions.ts";
import { type LoraOptions, loraAdapters, loraOf } from "../../../src/training/tuning/lora.ts";
import { trainedCount, tuningOf } from "../../../src/training/tuning/tuning.ts";
import { floats } from "../../autodiff/gold-gradients.ts";
import { fixture } from "../../encode/model-folder.ts";
import { targetBatch } from "../learner/target-batch.ts";
import { largestDifference, learnerOf } from "../learner/tiny-student.ts";
import { embedded } from "../student/embedded.ts";

interface GoldCase extends LoraOptions {
  model: string;
  targetModules: string[] | "all-linear" | undefined;
  targets: string;
  embeddings: string;
  loss: number;
  adapters: Record<string, { shape: number[]; values: string; gradients: string }>;
}

const file = new URL("../../gold/training/lora.json.gz", import.meta.url);
const gold: { sentences: string[]; cases: GoldCase[] } = JSON.parse(String(gunzipSync(readFileSync(file))));

const base = { freeze: undefined, layerwiseLearningRateDecay: undefined, seed: 1 };

async function withLearner(
  model: string,
  lora: LoraOptions,
  work: (learner: Learner, student: Awaited<ReturnType<typeof openStudent>>) => Promise<void>,
): Promise<void> {
  const student = await openStudent({ model: fixture(model) });
  const tuning = tuningOf(student, { ...base, lora: loraOf(lora) });
  const learner = await learnerOf(student, { tuning, maxGradientNorm: Infinity });
  try {
    await work(learner, student);
  } finally {
    await learner.dispose();
  }
}

describe.each(gold.cases)("$model, $targetModules, rsLoRA $useRslora", (of) => {
  const { model, rank, alpha, useRslora, targetModules } = of;

  test("embeddings, loss and gradients; merged it is an ordinary model with these embeddings", () =>
    withLearner(
      model,
      { rank, alpha, useRslora, targetModules: targetModules ?? undefined },
      async (learner, student) => {
        const { step, tensors } = await learner.state();
        const own = [...tensors.keys()].filter((name) => name.startsWith("parameters/") && name.includes(".lora_"));
        const names = Object.keys(of.adapters).map((name) => prefixOf(student.modules) + name);
        expect(own.map((name) => name.slice("parameters/".length)).toSorted()).toEqual(names.toSorted());
        for (const [name, { shape, values }] of Object.entries(of.adapters)) {
          const { shape: ownShape, data } = tensors.get(`parameters/${prefixOf(student.modules)}${name}`)!;
          expect(ownShape).toEqual(shape);
          data.set(floats(values));
        }
        await learner.restore({ step, tensors });
        const ids = gold.sentences.map((sentence) => student.tokenizer.encode(sentence));
        const expected = floats(of.embeddings);
        expect(largestDifference(await learner.embed(ids), expected)).toBeLessThan(1e-5);

        const batch = targetBatch(ids, floats(of.targets), student.dimension);
        expect(Math.abs((await learner.accumulate(batch)) - of.loss)).toBeLessThan(1e-5);
        await learner.update(0);
        const after = (await learner.state()).tensors;
        for (const [name, { gradients }] of Object.entries(of.adapters)) {
          const found = after
            .get(`first/${prefixOf(student.modules)}${name}`)!
            .data.map((moment) => moment / (1 - 0.9));
          expect(largestDifference(found, floats(gradients)), name).toBeLessThan(1e-5);
        }

        const parameters = await learner.parameters();
        expect([...parameters.keys()].toSorted()).toEqual([...student.parameters.keys()].toSorted());
        const merged = student.withParameters(parameters);
        expect(largestDifference(await embedded(merged, gold.sentences), expected)).toBeLessThan(1e-5);
      },
    ));
});

test("it starts as the model, drawn as in PEFT; a checkpoint holds adapters alone; the model's own weights stay", () =>
  withLearner("mpnet", { rank: 2, dropout: 0.25 }, async (learner, student) => {
    const ids = gold.sentences.map((sentence) => student.tokenizer.encode(sentence));
    const whole = await embedded(student, gold.sentences);
    expect(largestDifference(await learner.embed(ids), whole)).toBeLessThan(1e-6);

    const { tensors } = await learner.state();
    const names = new Set([...tensors.keys()].map((name) => name.replace(/^\w+\//, "")));
    const layers = [0, 1].flatMap((layer) => ["q", "v"].map((part) => `encoder.layer.${layer}.attention.attn.${part}`));
    const matrices = layers.flatMap((layer) => [`${layer}.lora_A.weight`, `${layer}.lora_B.weight`]);
    expect([...names].toSorted()).toEqual([...matrices, "learning rates"].toSorted());
    for (const layer of layers) {
      const { shape, data } = tensors.get(`parameters/${layer}.lora_A.weight`)!;
      const bound = 1 / Math.sqrt(shape[1]!);
      const largest = Math.max(...data.map(Math.abs));
      expect(largest).toBeLessThanOrEqual(bound);
      expect(largest).toBeGreaterThan(0.8 * bound);
      expect(tensors.get(`parameters/${layer}.lora_B.weight`)!.data.every((value) => value === 0)).toBe(true);
    }

    const targets = Float32Array.from({ length: ids.length * student.dimension }, (_, index) => Math.sin(index));
    const batch = targetBatch(ids, targets, student.dimension);
    const before = await learner.evaluate(batch);
    for (let step = 0; step < 5; step++) {
      await learner.accumulate(batch);
      await learner.update(1e-2);
    }
    expect(await learner.evaluate(batch)).toBeLessThan(before);
    const changed: string[] = [];
    for (const [name, { data }] of await learner.parameters()) {
      const { data: start } = await elementsOf(student.parameters.get(name)!);
      if (largestDifference(data, start) > 0) changed.push(name);
    }
    expect(changed.toSorted()).toEqual(layers.map((layer) => `${layer}.weight`).toSorted());
  }));

test("what follows the transformer is trained, as in Python", async () => {
  const student = await openStudent({ model: fixture("t5") });
  const tuning = tuningOf(student, { ...base, lora: loraOf({}) });
  expect([...student.parameters.keys()].filter((name) => !tuning.frozen.has(name))).toEqual(["2_Dense/linear.weight"]);
  expect(trainedCount(student, tuning)).toBeLessThan(5000);
});

test("default targets: where queries and values are projected to", async () => {
  const ends: Record<string, string[]> = {
    distilbert: ["q_lin", "v_lin"],
    albert: ["query", "value"],
    "nomic-hub": ["Wqkv"],
    "gte-new": ["qkv_proj"],
    qwen2: ["q_proj", "v_proj"],
    "jina-bert": ["query", "value"],
  };
  for (const [model, expected] of Object.entries(ends)) {
    const { modules } = await openStudent({ model: fixture(model) });
    const adapters = loraAdapters(modules, loraOf({}), 1);
    const found = new Set(adapters.map(({ weight }) => weight.split(".").at(-2)!));
    expect([...found].toSorted(), model).toEqual(expected);
  }
});

test.each<[string, LoraOptions, RegExp]>([
  ["bert", { rank: 0 }, /lora.rank should be a positive integer/],
  ["bert", { alpha: 0 }, /lora.alpha should be a positive number, got 0/],
  ["bert", { dropout: 1 }, /lora.dropout should be from 0 to less than 1, got 1/],
  ["bert", { targetModules: [] }, /names of linear layers, or all-linear/],
  ["bert", { targetModules: ["query", "Wqkv"] }, /no linear layer Wqkv: set targetModules to some of .*self.key/],
  ["bert", { targetModules: ["word_embeddings"] }, /no linear layer word_embeddings/],
  ["bert", { r: 8 } as LoraOptions, /lora has no option "r"/],
  ["static", {}, /`lora` needs a model with a Transformer, got StaticEmbedding/],
])("%s refuses %o", async (model, lora, message) => {
  const student = await openStudent({ model: fixture(model) });
  const thrown = await (async () => tuningOf(student, { ...base, lora: loraOf(lora) }))().catch((error) => error);
  expect(thrown).toMatchObject({ code: "invalid_argument", message: expect.stringMatching(message) });
});
