/**
 * Random initialization as in transformers and torch: a transformer's weights by its config, and a Dense's.
 * Source: `PreTrainedModel._init_weights`, `torch.nn.Linear.reset_parameters`.
 */

import type { JsonObject } from "../../common/json.ts";
import { HpdError } from "../../errors.ts";
import { inputFeatures } from "../../modules/features.ts";
import { type InitialHints, Parameters } from "../../modules/parameters.ts";
import { boolean, nonNegativeInteger, nonNegativeNumber, positiveInteger } from "../../modules/read-json.ts";
import { buildClassificationHead } from "../../modules/transformer/classification-head.ts";
import { parseTransformerConfig } from "../../modules/transformer/config.ts";
import { poolerModules } from "../../modules/transformer/pooler.ts";
import { buildTransformer, type Transformer } from "../../modules/transformer/transformer.ts";
import type { Random } from "../../random.ts";
import { elementCount, type Tensor } from "../../tensor/tensor.ts";

/** Maximum elements of a tensor: a larger one is a mistake in the config. */
const maxElements = 2 ** 30;

/**
 * Minimum cutoff of a truncated normal in deviations: numbers are drawn until one lies within it, here one in twelve.
 */
const minCutoff = 0.1;

/**
 * A transformer with random weights: matrices are normal with deviation `initializer_range` (0.02), biases 0, weights
 * of norms 1, rows of padding 0, unless the family's `InitialHints` say otherwise.
 *
 * @param json content of config.json
 * @param file its path, for messages
 * @throws HpdError `unsupported`, `invalid_model` for an unknown or invalid config
 */
export function initialTransformer(json: JsonObject, file: string, random: Random): Transformer {
  if (boolean(json, "sinusoidal_pos_embds", file, false)) {
    throw new HpdError("unsupported", `${file}: sinusoidal_pos_embds should be false to create a model, got true`);
  }
  const config = parseTransformerConfig(json, file);
  const { className, initial, pooler } = config.family;
  if (initial === undefined) {
    throw new HpdError(
      "unsupported",
      `${file}: a new ${className} can't be initialized yet: start from a model with weights`,
    );
  }
  const parameters = new InitialParameters({ ...initial, ...config.json }, file, random);
  const transformer = buildTransformer(config, parameters);
  transformer.build(inputFeatures());
  // Unused, but part of the checkpoints of Python's AutoModel.
  if (pooler !== undefined) poolerModules(transformer, file);
  return transformer.withParameters(new Parameters(file, "", parameters.tensors));
}

/**
 * The transformer with a classification head, whose missing weights are random, under the names of transformers'
 * `...ForSequenceClassification`. Weights that this class doesn't have, such as a pooler's, are left out.
 *
 * @throws HpdError `unsupported` for a family without a known head
 */
export function withNewHead(transformer: Transformer, labels: number, random: Random): Transformer {
  const { transformerConfig: config, parameters, scope } = transformer;
  const { prefix, initial } = config.family;
  const tensors = [...parameters.tensors].map(
    ([name, tensor]) => [scope.prefix === "" ? prefix + name : name, tensor] as const,
  );
  const all = new InitialParameters({ ...initial, ...config.json }, parameters.file, random, new Map(tensors));
  const scoring = buildTransformer(config, all);
  buildClassificationHead(scoring, scoring.build(inputFeatures()), labels);
  return transformer.withParameters(new Parameters(parameters.file, "", all.asked));
}

/** Parameters that are created when the model's builder asks for them, unless they are given. */
class InitialParameters extends Parameters {
  override readonly tensors: Map<string, Tensor<"float32">>;
  /** Those that the builder asked for. */
  readonly asked = new Map<string, Tensor<"float32">>();
  readonly #json: JsonObject;
  readonly #random: Random;

  constructor(json: JsonObject, file: string, random: Random, given = new Map<string, Tensor<"float32">>()) {
    super(file, "", given);
    this.tensors = given;
    this.#json = json;
    this.#random = random;
  }

  override tensor(name: string, shape: readonly number[], hints: InitialHints = {}): Tensor<"float32"> {
    if (!this.tensors.has(name)) this.tensors.set(name, this.#initial(name, shape, hints));
    const tensor = super.tensor(name, shape);
    this.asked.set(name, tensor);
    return tensor;
  }

  #initial(name: string, [rows, width]: readonly number[], hints: InitialHints): Tensor<"float32"> {
    if (width === undefined) {
      const { value = name.endsWith(".weight") ? 1 : 0 } = hints;
      return { dtype: "float32", shape: [rows!], data: new Float32Array(rows!).fill(value) };
    }
    const shape = [rows === -1 ? this.#rowsOf(name, hints) : rows!, width];
    if (elementCount(shape) > maxElements) {
      throw new HpdError(
        "invalid_model",
        `${this.file}: ${name} should have at most ${maxElements} elements, got shape [${shape}]`,
      );
    }
    const data = new Float32Array(elementCount(shape));
    // Python takes 0 for the default.
    const range = nonNegativeNumber(this.#json, "initializer_range", this.file, 0.02) || 0.02;
    const { deviation = range * (hints.scale ?? 1) } = hints;
    const farthest = this.#farthest(hints);
    for (let index = 0; index < data.length; index++) data[index] = deviation * this.#normal(farthest);
    const padding = this.#paddingRow(hints);
    if (padding !== undefined && padding >= shape[0]!) {
      throw new HpdError(
        "invalid_model",
        `${this.file}: pad_token_id should be below ${shape[0]}, the rows of ${name}, got ${padding}`,
      );
    }
    if (padding !== undefined) data.fill(0, padding * width, (padding + 1) * width);
    return { dtype: "float32", shape, data };
  }

  #rowsOf(name: string, { rows }: InitialHints): number {
    if (typeof rows === "number") return rows;
    if (rows === undefined) throw new Error(`${name} may have any number of rows, and nothing says how many`);
    return positiveInteger(this.#json, rows, this.file);
  }

  #paddingRow({ paddingRow: row }: InitialHints): number | undefined {
    if (row === undefined || typeof row === "number") return row;
    return this.#json[row] === null ? undefined : nonNegativeInteger(this.#json, row, this.file);
  }

  /** The cutoff of the normal distribution, in deviations. */
  #farthest({ cutoff }: InitialHints): number {
    if (cutoff === undefined) return Number.POSITIVE_INFINITY;
    const factor = this.#json[cutoff] === null ? 3 : nonNegativeNumber(this.#json, cutoff, this.file, 2);
    if (factor >= minCutoff) return factor;
    throw new HpdError("invalid_model", `${this.file}: ${cutoff} should be at least ${minCutoff}, got ${factor}`);
  }

  #normal(farthest: number): number {
    for (;;) {
      const value = this.#random.normal();
      if (Math.abs(value) <= farthest) return value;
    }
  }
}

/** Weight and bias of a linear layer, uniform between -1 / sqrt(inputs) and 1 / sqrt(inputs): torch's default. */
export function initialDense(inputs: number, outputs: number, random: Random): Map<string, Tensor<"float32">> {
  const bound = 1 / Math.sqrt(inputs);
  const uniform = (shape: readonly number[]): Tensor<"float32"> => {
    const data = new Float32Array(elementCount(shape));
    for (let index = 0; index < data.length; index++) data[index] = bound * (2 * random.nextFloat() - 1);
    return { dtype: "float32", shape, data };
  };
  return new Map([
    ["linear.weight", uniform([outputs, inputs])],
    ["linear.bias", uniform([outputs])],
  ]);
}
