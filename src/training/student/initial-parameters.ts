/**
 * Weights before any training, drawn as transformers and torch draw them: a transformer's from its config, and a
 * Dense's. Source: `PreTrainedModel._init_weights`, `torch.nn.Linear.reset_parameters`.
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

/** A larger one is a mistake in the config. */
const mostElements = 2 ** 30;

/** Numbers are drawn until they are near enough: one in twelve for this many deviations. */
const leastCutoff = 0.1;

/**
 * Matrices are normal with deviation `initializer_range` (0.02), biases 0, gains of norms 1, rows of padding 0, but for what
 * families say by `InitialHints`.
 *
 * @param json what config.json says
 * @param file its path, for messages
 * @throws HpdError `unsupported`, `invalid_model` where it isn't the config of a transformer that we know
 */
export function initialTransformer(json: JsonObject, file: string, random: Random): Transformer {
  if (boolean(json, "sinusoidal_pos_embds", file, false)) {
    throw new HpdError("unsupported", `${file}: sinusoidal_pos_embds is true; only learned positions can be made`);
  }
  const config = parseTransformerConfig(json, file);
  const { className, initial, pooler } = config.family;
  if (initial === undefined) {
    throw new HpdError(
      "unsupported",
      `${file}: the weights of a new ${className} can't be drawn yet; start from a model that has some`,
    );
  }
  const parameters = new InitialParameters({ ...initial, ...config.json }, file, random);
  const transformer = buildTransformer(config, parameters);
  transformer.build(inputFeatures());
  // Nothing uses it, but Python's AutoModel wants it.
  if (pooler !== undefined) poolerModules(transformer, file);
  return transformer.withParameters(new Parameters(file, "", parameters.tensors));
}

/**
 * The transformer with a classification head whose missing weights are drawn, under the names of transformers'
 * `...ForSequenceClassification`. What that class has no use for, such as a pooler, is left out.
 *
 * @throws HpdError `unsupported` for a family whose head is not known
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

/** Each that isn't given is made when it is asked for: the model itself says which there are, and of which shapes. */
class InitialParameters extends Parameters {
  override readonly tensors: Map<string, Tensor<"float32">>;
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
    if (elementCount(shape) > mostElements) {
      throw new HpdError("invalid_model", `${this.file}: ${name} would have shape [${shape}], too large to be made`);
    }
    const data = new Float32Array(elementCount(shape));
    // Python takes 0 for none given.
    const range = nonNegativeNumber(this.#json, "initializer_range", this.file, 0.02) || 0.02;
    const { deviation = range * (hints.scale ?? 1) } = hints;
    const farthest = this.#farthest(hints);
    for (let index = 0; index < data.length; index++) data[index] = deviation * this.#normal(farthest);
    const padding = this.#paddingRow(hints);
    if (padding !== undefined && padding >= shape[0]!) {
      throw new HpdError(
        "invalid_model",
        `${this.file}: pad_token_id ${padding} is no row of ${name}, of ${shape[0]} rows`,
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

  /** Deviations that no number is farther away. */
  #farthest({ cutoff }: InitialHints): number {
    if (cutoff === undefined) return Number.POSITIVE_INFINITY;
    const factor = this.#json[cutoff] === null ? 3 : nonNegativeNumber(this.#json, cutoff, this.file, 2);
    if (factor >= leastCutoff) return factor;
    throw new HpdError("invalid_model", `${this.file}: ${cutoff} should be at least ${leastCutoff}, got ${factor}`);
  }

  #normal(farthest: number): number {
    for (;;) {
      const value = this.#random.normal();
      if (Math.abs(value) <= farthest) return value;
    }
  }
}

/** Uniform between -1 / sqrt(inputs) and 1 / sqrt(inputs), weight and bias: torch's default for a linear layer. */
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
