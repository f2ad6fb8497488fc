/** What of a student is trained, and how: by default all of it, at the learning rate of the run. */
import { HpdError } from "../../errors.ts";
import { elementCount } from "../../tensor/tensor.ts";
import type { Student } from "../student/student.ts";
import type { Adapter } from "./adapter.ts";
import { frozenBy } from "./freeze.ts";
import { layerRates } from "./layer-rates.ts";
import { frozenByLora, type Lora, loraAdapters } from "./lora.ts";
import { placesOf, prefixOf } from "./places.ts";

export interface Tuning {
  /** The names of parameters that stay as they are. */
  readonly frozen: ReadonlySet<string>;
  /** What the learning rate is multiplied with, by name; 1 for those that aren't there. */
  readonly rates: ReadonlyMap<string, number>;
  readonly adapters: readonly Adapter[];
}

export const wholeTuning: Tuning = { frozen: new Set(), rates: new Map(), adapters: [] };

export interface TuningOptions {
  readonly freeze: readonly string[] | undefined;
  readonly layerwiseLearningRateDecay: number | undefined;
  readonly lora: Lora | undefined;
  /** Of the adapters' first values. */
  readonly seed: number;
}

/** @throws HpdError `invalid_argument` where the model has no such weights or layers, or nothing would be left to train */
export function tuningOf(
  student: Pick<Student, "modules" | "parameters">,
  { freeze = [], layerwiseLearningRateDecay: decay, lora, seed }: TuningOptions,
): Tuning {
  const places = placesOf(student.modules);
  const rates = decay === undefined ? new Map<string, number>() : layerRates(places, decay);
  const adapters = lora === undefined ? [] : loraAdapters(student.modules, lora, seed);
  const chosen = frozenBy(freeze, places, prefixOf(student.modules));
  // As in Python, what follows the transformer is trained.
  const frozen = new Set([...chosen, ...(adapters.length === 0 ? [] : frozenByLora(student.modules))]);
  for (const { weight, inner, outer } of adapters) {
    const rate = rates.get(weight);
    if (rate !== undefined) for (const { name } of [inner, outer]) rates.set(name, rate);
  }
  const tuning = { frozen, rates, adapters };
  if (trainedCount(student, tuning) > 0) return tuning;
  throw new HpdError(
    "invalid_argument",
    `freeze leaves nothing to train: all ${places.size} weights that embeddings depend on are frozen. Name fewer of them, ` +
      "or train adapters (`lora`)",
  );
}

/** Numbers that are trained. */
export function trainedCount({ parameters }: Pick<Student, "parameters">, { frozen, adapters }: Tuning): number {
  const own = [...parameters].filter(([name]) => !frozen.has(name)).map(([, { shape }]) => shape);
  const added = adapters.flatMap(({ inner, outer }) => [inner.tensor.shape, outer.tensor.shape]);
  return [...own, ...added].reduce((sum, shape) => sum + elementCount(shape), 0);
}
