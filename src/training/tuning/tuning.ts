/** Frozen parameters, learning rates by layer and adapters. By default all parameters are trained alike. */
import { HpdError } from "../../errors.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { Student } from "../student/student.ts";
import type { Adapter } from "./adapter.ts";
import { frozenBy } from "./freeze.ts";
import { layerPositions, prefixOf } from "./layer-positions.ts";
import { layerRates } from "./layer-rates.ts";
import { frozenByLora, type Lora, loraAdapters } from "./lora.ts";

export interface Tuning {
  /** Names of the parameters that aren't trained. */
  readonly frozen: ReadonlySet<string>;
  /** Multipliers of the learning rate, by name; 1 for other parameters. */
  readonly rates: ReadonlyMap<string, number>;
  readonly adapters: readonly Adapter[];
}

export const wholeTuning: Tuning = { frozen: new Set(), rates: new Map(), adapters: [] };

export interface TuningOptions {
  readonly freeze: readonly string[] | undefined;
  readonly layerwiseLearningRateDecay: number | undefined;
  readonly lora: Lora | undefined;
  /** Seed of the adapters' initial values. */
  readonly seed: number;
}

/**
 * @throws HpdError `invalid_argument` for weights or layers that the model doesn't have, or if nothing is left to train
 */
export function tuningOf(
  student: Pick<Student, "modules" | "parameters">,
  { freeze = [], layerwiseLearningRateDecay: decay, lora, seed }: TuningOptions,
): Tuning {
  const positions = layerPositions(student.modules);
  const rates = decay === undefined ? new Map<string, number>() : layerRates(positions, decay);
  const chosen = frozenBy(freeze, positions, prefixOf(student.modules));
  // An adapter becomes part of its weight in the end, which would not stay as it is.
  const adapters =
    lora === undefined ? [] : loraAdapters(student.modules, lora, seed).filter(({ weight }) => !chosen.has(weight));
  // As in Python, the modules behind the transformer are trained.
  const frozen = new Set([...chosen, ...(lora === undefined ? [] : frozenByLora(student.modules))]);
  for (const { weight, inner, outer } of adapters) {
    const rate = rates.get(weight);
    if (rate !== undefined) for (const { name } of [inner, outer]) rates.set(name, rate);
  }
  const tuning = { frozen, rates, adapters };
  if (trainedCount(student, tuning) > 0) return tuning;
  throw new HpdError(
    "invalid_argument",
    `freeze leaves nothing to train: all ${positions.size} weights that embeddings depend on are frozen: name fewer of ` +
      "them, or train adapters (`lora`) instead",
  );
}

/** The number of trained elements. */
export function trainedCount({ parameters }: Pick<Student, "parameters">, { frozen, adapters }: Tuning): number {
  const own = [...parameters].filter(([name]) => !frozen.has(name)).map(([, { shape }]) => shape);
  const added = adapters.flatMap(({ inner, outer }) => [inner.tensor.shape, outer.tensor.shape]);
  return [...own, ...added].reduce((sum, shape) => sum + elementCount(shape), 0);
}
