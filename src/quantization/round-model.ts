/** A model's transformer with some of its weights as int8. */
import { Parameters } from "../modules/parameters.ts";
import type { Transformer } from "../modules/transformer/transformer.ts";
import { elementsOf } from "../tensor/lazy-tensor.ts";
import { QuantizedTensor } from "../tensor/quantized-tensor.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { chooseRange } from "./choose-range.ts";
import type { InputStatistics } from "./input-statistics.ts";
import type { MatrixProducts } from "./matrix-products.ts";
import type { ProductGroup } from "./products.ts";
import { momentsInUnits, roundProduct } from "./round-product.ts";
import { biasCorrection, inSteps } from "./round-weights.ts";

/** Tensors in the place of others: rounded weights, and corrected biases. */
export type Replacements = ReadonlyMap<Tensor<"float32">, Tensor<"float32">>;

/** The weights of products that share an input, rounded. @throws HpdError what reading them throws */
export async function roundGroup(
  { weights, biases }: ProductGroup,
  statistics: InputStatistics,
  by: MatrixProducts,
): Promise<Replacements> {
  const matrices = await Promise.all(weights.map((weight) => elementsOf(weight)));
  const range = chooseRange(statistics, matrices);
  const means = statistics.means();
  const moments = momentsInUnits(statistics.moments(), range.scale);
  const replaced = new Map<Tensor<"float32">, Tensor<"float32">>();
  for (const [at, weight] of weights.entries()) {
    const { steps, scale } = inSteps(matrices[at]!, range.scale);
    const values = await roundProduct(steps, moments, by);
    const rounded = new QuantizedTensor({ dtype: "int8", shape: weight.shape, data: values }, scale, range);
    replaced.set(weight, rounded);
    const bias = biases.get(weight);
    if (bias === undefined) continue;
    const { shape, data } = await elementsOf(bias);
    const correction = biasCorrection(matrices[at]!, rounded, means);
    replaced.set(bias, { dtype: "float32", shape, data: data.map((value, index) => value + correction[index]!) });
  }
  return replaced;
}

/** The transformer with other tensors in the place of its own. */
export function withReplacements(transformer: Transformer, replaced: Replacements): Transformer {
  const { file, folder, tensors } = transformer.parameters;
  const others = new Map([...tensors].map(([name, tensor]) => [name, replaced.get(tensor) ?? tensor]));
  return transformer.withParameters(new Parameters(file, folder, others));
}
