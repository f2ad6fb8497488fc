/**
 * Learning rates that shrink from the top layer down, since lower ones need less of a change.
 * Source: Clark et al., ELECTRA (arXiv 2003.10555), and Bao et al., BEiT (arXiv 2106.08254), for fine-tuning. There the
 * top layer has a power more than a new head above it; here it has the learning rate itself, since most students have none.
 */
import { HpdError } from "../../errors.ts";
import type { Place } from "./places.ts";

/**
 * @param decay from layer to layer, above 0 and at most 1
 * @returns decay^(layers - 1 - layer) for a layer, decay^layers for what comes before the first, 1 for what follows
 * @throws HpdError `invalid_argument` for a model without layers of their own
 */
export function layerRates(places: ReadonlyMap<string, Place>, decay: number): Map<string, number> {
  const numbers = [...places.values()].filter((place) => typeof place === "number");
  if (numbers.length === 0) {
    throw new HpdError(
      "invalid_argument",
      "layerwiseLearningRateDecay: the model has no layers with weights of their own: leave it out",
    );
  }
  const top = Math.max(...numbers);
  const depth = (place: Place) => (place === "top" ? 0 : place === "embeddings" ? top + 1 : top - place);
  return new Map([...places].map(([name, place]) => [name, decay ** depth(place)]));
}
