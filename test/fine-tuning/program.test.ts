/** The program of a card: losses as the calls that make them. */
import { expect, test } from "vitest";
import { programOf } from "../../src/fine-tuning/program.ts";
import { adaptiveLayer, angle, cosent, crossEncoderLosses, weightedSum } from "../../src/train.ts";

test("losses in losses, datasets, an evaluator; what is not given is left out", () => {
  const sum = weightedSum([cosent({ scale: 5 }), angle()], { weights: [1, 2] });
  const loss = { matryoshka: { loss: sum.recipe, dimensions: [8, 4], weights: [1, 1] } };
  const datasets = [
    {
      name: "a",
      data: [{ path: "a.csv" }],
      loss: adaptiveLayer(cosent(), { klTemperature: 0 }).recipe,
      label: undefined,
    },
    { name: "b", data: [{ path: "b.csv" }], loss },
  ];
  const program = programOf(
    "train",
    { model: "m", maxGradientNorm: Infinity, datasets, prompts: { "a b": "x" } },
    "dev",
  );
  expect(program).toContain(
    'import { adaptiveLayer, angle, cosent, matryoshka, train, weightedSum } from "hpd/train";',
  );
  expect(program).toContain("loss: matryoshka(weightedSum([cosent({ scale: 5 }), angle({ scale: 20 })]");
  expect(program).toContain("{ weights: [1, 2] }), { dimensions: [8, 4], weights: [1, 1] })");
  expect(program).toContain(
    '  maxGradientNorm: Infinity,\n  prompts: { "a b": "x" },\n  evaluator, // one that measures "dev"\n});',
  );
  expect(program).not.toContain("label");
});

test("those of cross-encoders; a number that JSON hasn't", () => {
  const loss = crossEncoderLosses.multipleNegativesRanking({ numNegatives: Infinity }).recipe;
  expect(
    programOf("trainCrossEncoder", { model: "m", loss, out: "o" }, undefined),
  ).toBe(`import { crossEncoderLosses, trainCrossEncoder } from "hpd/train";

await trainCrossEncoder({
  loss: crossEncoderLosses.multipleNegativesRanking({ numNegatives: Infinity, scale: 10, activationFn: "sigmoid" }),
  model: "m",
  out: "o",
});`);
});
