/**
 * Learning rates that decay from the top layer down, since lower layers need less of a change.
 * Source: Clark et al., ELECTRA (arXiv 2003.10555), and Bao et al., BEiT (arXiv 2106.08254), for fine-tuning. There the
 * top layer has one power of decay and a new head none; here it has none, since most students have no head.
 */
import { HpdError } from "../../errors.ts";
import type { LayerPosition } from "./layer-positions.ts";

/**
 * @param decay from layer to layer, above 0 and at most 1
 * @returns the multiplier of each parameter's learning rate: decay^(layers - 1 - layer) in a layer, decay^layers below
 *   the first, 1 above the last
 * @throws HpdError `invalid_argument` for a model whose layers have no weights of their own
 */
export function layerRates(positions: ReadonlyMap<string, LayerPosition>, decay: number): Map<string, number> {
  const numbers = [...positions.values()].filter((position) => typeof position === "number");
  if (numbers.length === 0) {
    throw new HpdError(
      "invalid_argument",
      "layerwiseLearningRateDecay: the model has no layers with weights of their own: leave it out",
    );
  }
  const top = Math.max(...numbers);
  const depth = (position: LayerPosition) =>
    position === "top" ? 0 : position === "embeddings" ? top + 1 : top - position;
  return new Map([...positions].map(([name, position]) => [name, decay ** depth(position)]));
}
