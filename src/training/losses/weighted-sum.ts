/**
 * The weighted sum of several losses over the same rows, such as the order of scores and their values, or a ranking and
 * a teacher's embeddings.
 * Source: sentence-transformers 6.2, whose trainer adds up and logs the parts of a loss that returns several.
 */
import { requirePositive } from "../../common/arguments.ts";
import { describe, isObject } from "../../common/json.ts";
import { checkedOptions, type OptionTable } from "../../common/options.ts";
import { HpdError } from "../../errors.ts";
import { add, constant, multiply, reshape } from "../../graph/build.ts";

import type { Labels } from "../data/training-set.ts";
import { columnCounts, type Loss } from "./loss.ts";
import { withoutPrefix, withPrefix } from "./prefixed-inputs.ts";

export interface WeightedSumOptions {
  /** The weight of each loss. Default: 1 each. */
  readonly weights?: readonly number[] | undefined;
}

const table: OptionTable<WeightedSumOptions> = { weights: "any" };

interface Term {
  readonly loss: Loss;
  readonly weight: number;
  /** The loss's name, numbered if another has the same. */
  readonly name: string;
}

/**
 * Columns: a number that all losses take. A row has at most one label, which is that of each loss with a label: `score`
 * and `label` are then the same number, but a number and an embedding can't be combined. Events and metrics have the
 * value of each loss times its weight.
 *
 * @throws HpdError `invalid_argument` for fewer than two losses, other than one positive weight for each, and losses
 *   that don't fit the same rows
 */
export function weightedSum(losses: readonly Loss[], options: WeightedSumOptions = {}): Loss {
  if (!Array.isArray(losses) || losses.length < 2 || !losses.every(isLoss)) {
    const got = Array.isArray(losses) ? losses.map(describe).join(", ") || "none" : describe(losses);
    throw new HpdError("invalid_argument", `weightedSum: expected a list of two losses or more, got ${got}`);
  }
  const { weights = losses.map(() => 1) } = checkedOptions("weightedSum", options, table);
  if (!Array.isArray(weights) || weights.length !== losses.length) {
    const got = Array.isArray(weights) ? `[${weights}]` : describe(weights);
    throw new HpdError(
      "invalid_argument",
      `weightedSum: expected a weight for each of ${losses.length} losses, got ${got}`,
    );
  }
  for (const weight of weights) requirePositive("a weight of weightedSum", weight);
  const names = losses.map(({ recipe }) => Object.keys(recipe).join(", "));
  const terms = losses.map((loss, at): Term => {
    const before = names.slice(0, at).filter((name) => name === names[at]).length;
    return { loss, weight: weights[at]!, name: before === 0 ? names[at]! : `${names[at]} ${before + 1}` };
  });
  requireFit(terms);
  return sumOf(terms);
}

const isLoss = (value: unknown): boolean => isObject(value) && typeof value.build === "function";

function sumOf(terms: readonly Term[]): Loss {
  const losses = terms.map(({ loss }) => loss);
  const has = (key: keyof Loss): boolean => losses.some((loss) => Boolean(loss[key]));
  const every = (key: keyof Loss): boolean => losses.every((loss) => Boolean(loss[key]));
  const ranges = losses.flatMap(({ labelRange }) => labelRange ?? []);
  const labelled = losses.find((loss) => labelOf(loss) !== undefined) ?? losses[0]!;
  const { guide } = losses.find((loss) => loss.guide) ?? {};
  const withLayer = losses.find((loss) => loss.layer);
  const changed = (change: (loss: Loss) => Loss): Loss =>
    sumOf(terms.map((term) => ({ ...term, loss: change(term.loss) })));
  const parts: NonNullable<Loss["parts"]> = {
    names: terms.map(({ name }) => name),
    build: (embeddings, inputs, perRow, layers) =>
      terms.map(({ loss, weight }, at) => {
        const { weight: ofLayer, bias } = inputs;
        const own = { ...withoutPrefix(`${at} `, inputs), ...(loss.layer && { weight: ofLayer!, bias: bias! }) };
        const value = loss.build(embeddings, own, perRow, loss.takesLayers ? layers : []);
        return multiply(reshape(value, []), constant(weight));
      }),
  };
  return {
    recipe: { weightedSum: { losses: losses.map(({ recipe }) => recipe), weights: terms.map(({ weight }) => weight) } },
    columns: columnsOf(losses),
    labels: (dimension, columns) => labelled.labels(dimension, columns),
    ...(ranges.length > 0 && {
      labelRange: {
        expected: [...new Set(ranges.map(({ expected }) => expected))].join(", and "),
        holds: (value) => ranges.every((range) => range.holds(value)),
      },
    }),
    ...(has("comparesLabels") && { comparesLabels: true }),
    ...(has("takesDifferences") && { takesDifferences: true }),
    ...(has("namesLabels") && { namesLabels: true }),
    ...(has("groupsByLabel") && { groupsByLabel: true }),
    ...(has("hasInBatchNegatives") && { hasInBatchNegatives: true }),
    ...(has("takesLayers") && { takesLayers: true }),
    ...(has("draws") && { draws: true }),
    ...(every("pairsWithItself") && { pairsWithItself: true }),
    ...(guide && { guide }),
    ...(has("withGuide") && { withGuide: (width) => changed((loss) => loss.withGuide?.(width) ?? loss) }),
    ...(has("withClasses") && { withClasses: (count) => changed((loss) => loss.withClasses?.(count) ?? loss) }),
    ...(withLayer && { layer: (dimension) => withLayer.layer!(dimension) }),
    // A loss as a model of its own has an output for each part.
    usesGradCache: true,
    isPerRow: every("isPerRow"),
    inputs: (...shape) => ofTerms(losses, (loss) => loss.inputs(...shape)),
    prepare: (labels, rows, draw) => ofTerms(losses, (loss) => loss.prepare(named(labels, labelled, loss), rows, draw)),
    parts,
    build: (...given) => parts.build(...given).reduce(add),
  };
}

/** The inputs of all losses, each name behind the index of its loss. */
function ofTerms<T>(losses: readonly Loss[], of: (loss: Loss) => Readonly<Record<string, T>>): Record<string, T> {
  return Object.assign({}, ...losses.map((loss, at) => withPrefix(`${at} `, of(loss))));
}

/** The rows' label under the loss's own name for it. */
function named(labels: Labels, labelled: Loss, loss: Loss): Labels {
  const [from, to] = [labelOf(labelled), labelOf(loss)];
  return from === undefined || to === undefined || from === to ? labels : { ...labels, [to]: labels[from]! };
}

function labelOf(loss: Loss): string | undefined {
  const [name] = Object.keys(loss.labels(1, loss.columns.min));
  return name;
}

function columnsOf(losses: readonly Loss[]): Loss["columns"] {
  return {
    min: Math.max(...losses.map(({ columns }) => columns.min)),
    max: Math.min(...losses.map(({ columns }) => columns.max)),
  };
}

/** @throws HpdError `invalid_argument` for losses that don't fit the same rows */
function requireFit(terms: readonly Term[]): void {
  const losses = terms.map(({ loss }) => loss);
  const { min, max } = columnsOf(losses);
  if (min > max) {
    const wanted = terms.map(({ name, loss }) => `${name} ${columnCounts(loss)}`).join(", ");
    throw new HpdError("invalid_argument", `weightedSum: expected losses of the same columns of texts, got ${wanted}`);
  }
  const labelled = terms.filter(({ loss }) => labelOf(loss) !== undefined);
  // Shapes depend on the dimension and the number of columns.
  const shapesOf = ({ loss }: Term) =>
    JSON.stringify([Object.values(loss.labels(7, min)), Object.values(loss.labels(11, min + 1))]);
  const [first] = labelled;
  const other = labelled.find(
    (term) => shapesOf(term) !== shapesOf(first!) || term.loss.namesLabels !== first!.loss.namesLabels,
  );
  if (other !== undefined) {
    throw new HpdError(
      "invalid_argument",
      `weightedSum: expected losses that take the same label, got ${first!.name} with ${labelText(first!.loss)} and ` +
        `${other.name} with ${labelText(other.loss)}: a row has one label`,
    );
  }
  const guides = new Set(losses.flatMap(({ guide }) => (guide ? [JSON.stringify(guide)] : [])));
  if (guides.size > 1)
    throw new HpdError("invalid_argument", "weightedSum: expected one guide for all losses, got several");
  if (losses.filter(({ layer }) => layer).length > 1) {
    throw new HpdError("invalid_argument", "weightedSum: expected at most one loss with a classifier, got several");
  }
}

function labelText(loss: Loss): string {
  const [[name, shape]] = Object.entries(loss.labels(7, Math.max(loss.columns.min, 3))) as [
    [string, readonly number[]],
  ];
  const form = loss.namesLabels
    ? "a name"
    : shape.length === 0
      ? "a number"
      : shape[0] === 7
        ? "an embedding"
        : "numbers";
  return `the label ${name} (${form})`;
}
