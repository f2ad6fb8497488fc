/** Rows that catch up with the steps they skipped against dense AdamW, step by step in float64. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { type AdamWOptions, adamW, stepScale } from "../../../src/training/optimizer/adamw.ts";
import { SkippedSteps, type TableRow } from "../../../src/training/optimizer/skipped-steps.ts";
import { DenseAdamW } from "./dense-adamw.ts";

/** What leaving out the third order costs: a part of the way that a number went while it was skipped. */
const bound = 1e-6;
/** Rounding to float32 of what is read and written. */
const rounding = 2 ** -22;

const run = fc.record({
  epsilon: fc.constantFrom(1e-6, 1e-8),
  weightDecay: fc.constantFrom(0, 0.01, 0.1),
  correctBias: fc.boolean(),
  epsilonAfterCorrection: fc.boolean(),
  peak: fc.constantFrom(1e-5, 1e-4, 1e-3, 1e-2),
  warmup: fc.constantFrom(0, 1, 100, 1000),
  /** Steps before the row is used for the first time, in which it rests too. */
  before: fc.integer({ min: 0, max: 1000 }),
  /** Steps in which it is used, then the gap; several times. */
  uses: fc.array(
    fc.record({
      gradients: fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 5 }),
      gap: fc.oneof(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 2000 })),
    }),
    { minLength: 1, maxLength: 3 },
  ),
  /** Of the gradients. */
  magnitude: fc.constantFrom(1, 1e-3, 1e-6),
  /** Set before each gap: where it is 0, the change is all there is, and rounding hides nothing of it. */
  parameter: fc.constantFrom(0, 0, 1, -0.3),
});

type Run = typeof run extends fc.Arbitrary<infer Value> ? Value : never;

/** A row of one number and its double in float64, which forgets what float32 rounds away before each gap. */
class Row {
  readonly options: AdamWOptions;
  readonly skipped: SkippedSteps;
  readonly moments = { parameters: new Float32Array(1), first: new Float32Array(1), second: new Float32Array(1) };
  readonly #rate: (step: number) => number;
  dense: DenseAdamW;
  seen = 0;

  constructor(options: AdamWOptions, parameter: number, rate: (step: number) => number) {
    this.options = options;
    this.skipped = new SkippedSteps(options);
    this.dense = new DenseAdamW(options, 0);
    this.#rate = rate;
    this.set(parameter);
  }

  set(parameter: number): void {
    this.moments.parameters[0] = parameter;
    this.dense.parameter = this.moments.parameters[0];
  }

  rest(): void {
    const rate = this.#rate(this.skipped.step);
    this.skipped.add(rate);
    this.dense.update(0, rate);
  }

  /** One step with a gradient, in both; then the double takes what float32 has made of it. */
  use(gradient: number): void {
    this.skipped.catchUp(this.moments, this.row);
    const rate = this.#rate(this.skipped.step);
    this.seen = this.skipped.step + 1;
    const decay = rate * this.options.weightDecay;
    const step = { ...stepScale(this.options, rate, this.seen), factor: 1, decay };
    adamW(this.moments, { offset: 0, gradients: Float32Array.of(gradient) }, this.options, step);
    this.skipped.add(rate);
    this.dense.update(Math.fround(gradient), rate);
    this.dense.parameter = this.moments.parameters[0]!;
    this.dense.first = this.moments.first[0]!;
    this.dense.second = this.moments.second[0]!;
    this.dense.path = 0;
  }

  read(): number {
    const into = new Float32Array(1);
    this.skipped.read(this.moments, this.row, into);
    return into[0]!;
  }

  get row(): TableRow {
    return { start: 0, width: 1, seen: this.seen };
  }
}

function rowOf({ peak, warmup, parameter, ...options }: Run, total: number): Row {
  const { epsilon, weightDecay, correctBias, epsilonAfterCorrection } = options;
  const rate = (step: number) =>
    Math.fround(peak * (step < warmup ? step / warmup : Math.max(0, 1 - (step - warmup) / (total - warmup))));
  return new Row(
    { beta1: 0.9, beta2: 0.999, epsilon, weightDecay, correctBias, epsilonAfterCorrection },
    parameter,
    rate,
  );
}

/** @returns the largest error, in parts of what may be */
function worstOf(drawn: Run): number {
  const total = drawn.before + drawn.warmup + drawn.uses.reduce((sum, { gap }) => sum + gap + 5, 100);
  const row = rowOf(drawn, total);
  for (let step = 0; step < drawn.before; step++) row.rest();
  let worst = 0;
  for (const { gradients, gap } of drawn.uses) {
    for (const gradient of gradients) row.use(gradient * drawn.magnitude);
    row.set(drawn.parameter);
    for (let step = 1; step <= gap; step++) {
      row.rest();
      // A part of them, since each one sums up all steps again.
      if (step > 3 && step < gap && step % 97 !== 0) continue;
      const error = Math.abs(row.read() - row.dense.parameter);
      worst = Math.max(worst, error / (bound * row.dense.path + rounding * Math.abs(row.dense.parameter) + 1e-30));
    }
  }
  return worst;
}

test("a row is where dense AdamW would have it, to the bound", () => {
  fc.assert(
    fc.property(run, (drawn) => {
      expect(worstOf(drawn)).toBeLessThan(1);
    }),
    { numRuns: 300 },
  );
});

test("catching up writes what reading says, and moments that have faded as dense ones; once it has, it changes nothing", () => {
  fc.assert(
    fc.property(run, (drawn) => {
      const row = rowOf(drawn, 10_000);
      for (const gradient of drawn.uses[0]!.gradients) row.use(gradient * drawn.magnitude);
      for (let step = 0; step < drawn.uses[0]!.gap; step++) row.rest();
      const expected = row.read();
      row.skipped.catchUp(row.moments, row.row);
      const { parameters, first, second } = row.moments;
      const after = [parameters[0]!, first[0]!, second[0]!];
      expect(after[0]).toBe(expected);
      // Below the smallest float32 numbers of full precision.
      const tiny = 1e-38;
      expect(Math.abs(after[1]! - row.dense.first)).toBeLessThan(1e-6 * Math.abs(row.dense.first) + tiny);
      expect(Math.abs(after[2]! - row.dense.second)).toBeLessThan(1e-6 * row.dense.second + tiny);
      row.skipped.catchUp(row.moments, { ...row.row, seen: row.skipped.step });
      expect([parameters[0]!, first[0]!, second[0]!]).toEqual(after);
    }),
  );
});

test("a row that was never used only decays", () => {
  const skipped = new SkippedSteps({ beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.1, correctBias: true });
  for (let step = 0; step < 100; step++) skipped.add(0.01);
  const moments = { parameters: Float32Array.of(2), first: new Float32Array(1), second: new Float32Array(1) };
  skipped.catchUp(moments, { start: 0, width: 1, seen: 0 });
  expect(moments.parameters[0]).toBeCloseTo(2 * (1 - 0.001) ** 100, 6);
  expect([moments.first[0], moments.second[0]]).toEqual([0, 0]);
});

test("only the row's own numbers are touched, and reading leaves all as it is", () => {
  const skipped = new SkippedSteps({ beta1: 0.9, beta2: 0.999, epsilon: 1e-6, weightDecay: 0.1, correctBias: false });
  for (let step = 0; step < 10; step++) skipped.add(0.01);
  const ones = () => new Float32Array(12).fill(1);
  const moments = { parameters: ones(), first: ones(), second: ones() };
  const into = new Float32Array(6);
  const row = { start: 4, width: 3, seen: 2 };
  skipped.read(moments, row, into.subarray(1, 4));
  expect(Object.values(moments).every((array) => array.every((number) => number === 1))).toBe(true);
  skipped.catchUp(moments, row);
  for (const array of Object.values(moments)) {
    expect(Array.from(array, (number) => number !== 1)).toEqual([0, 0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0].map(Boolean));
  }
  expect([...into]).toEqual([0, ...moments.parameters.subarray(4, 7), 0, 0]);
});
