/** Options of mining, checked, with their defaults. */
import {
  requireNonNegative,
  requireNonNegativeInteger,
  requireOptionalOneOf,
  requirePositiveInteger,
} from "../common/arguments.ts";
import { describe, isObject } from "../common/json.ts";
import { checkedOptions } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import {
  type MineHardNegativesOptions,
  mineHardNegativesOptions,
  miningHints,
  outputFormats,
  samplingStrategies,
} from "./options.ts";

type Defaulted =
  | ("rangeMin" | "numNegatives" | "samplingStrategy" | "seed")
  | ("includePositives" | "outputFormat" | "outputScores");

/** Options with their defaults; `rangeMax` follows from the rows where none is given. */
export type MiningSettings = Omit<MineHardNegativesOptions, Defaulted> & {
  readonly [Name in Defaulted]: NonNullable<MineHardNegativesOptions[Name]>;
};

/** The limits in the order in which they are held to candidates. */
export const limitNames = ["absoluteMargin", "relativeMargin", "maxScore", "minScore"] as const;

export type LimitName = (typeof limitNames)[number];

/** @throws HpdError `invalid_argument` for an invalid option */
export function miningSettingsOf(given: MineHardNegativesOptions): MiningSettings {
  const options = checkedOptions("mineHardNegatives", given, mineHardNegativesOptions, miningHints);
  if ((options.outputFormat as string) === "n-tuple-scores") {
    throw new HpdError(
      "invalid_argument",
      'instead of n-tuple-scores say outputFormat "n-tuple" and outputScores true',
    );
  }
  requireOptionalOneOf("outputFormat", options.outputFormat, outputFormats);
  requireOptionalOneOf("samplingStrategy", options.samplingStrategy, samplingStrategies);
  const { includePositives = false, outputFormat = includePositives ? "n-tuple" : "triplet" } = options;
  if (includePositives && outputFormat !== "n-tuple") {
    throw new HpdError(
      "invalid_argument",
      `\`includePositives\` keeps the order of candidates, which only n-tuple has: leave outputFormat out, got ${outputFormat}`,
    );
  }
  const {
    rangeMin = 0,
    rangeMax,
    numNegatives = 3,
    samplingStrategy = "top",
    seed = 42,
    outputScores = false,
  } = options;
  requireNonNegativeInteger("rangeMin", rangeMin);
  requirePositiveInteger("numNegatives", numNegatives);
  requireNonNegativeInteger("seed", seed);
  if (rangeMax !== undefined) {
    requirePositiveInteger("rangeMax", rangeMax);
    if (rangeMax - rangeMin < numNegatives) {
      throw new HpdError(
        "invalid_argument",
        `from \`rangeMin\` ${rangeMin} to \`rangeMax\` ${rangeMax} there are ${Math.max(rangeMax - rangeMin, 0)} candidates, fewer ` +
          `than \`numNegatives\` ${numNegatives}: raise \`rangeMax\`, or lower one of the others`,
      );
    }
  }
  requireLimits(options);
  return { ...options, includePositives, outputFormat, rangeMin, numNegatives, samplingStrategy, seed, outputScores };
}

function requireLimits(options: MineHardNegativesOptions): void {
  for (const name of limitNames) {
    const value = options[name];
    if (value === undefined || Number.isFinite(value)) continue;
    throw new HpdError("invalid_argument", `${name} should be a finite number, got ${value}`);
  }
  const { minScore, maxScore, relativeMargin, crossEncoder } = options;
  if (relativeMargin !== undefined) requireNonNegative("relativeMargin", relativeMargin);
  if (minScore !== undefined && maxScore !== undefined && minScore > maxScore) {
    throw new HpdError(
      "invalid_argument",
      `\`minScore\` ${minScore} is above \`maxScore\` ${maxScore}: no score is between them`,
    );
  }
  if (crossEncoder === undefined) return;
  if (!isObject(crossEncoder) || typeof crossEncoder.predict !== "function") {
    throw new HpdError(
      "invalid_argument",
      `crossEncoder should be a loaded CrossEncoder, got ${describe(crossEncoder)}`,
    );
  }
  if (crossEncoder.numLabels !== 1) {
    throw new HpdError(
      "invalid_argument",
      `crossEncoder should give a pair one score, this one gives ${crossEncoder.numLabels}`,
    );
  }
  if (limitNames.some((name) => options[name] !== undefined)) return;
  throw new HpdError(
    "invalid_argument",
    `crossEncoder scores candidates for limits, as in Python: give one of ${limitNames.join(", ")}, or leave it out`,
  );
}

/** The rank of the last candidate. @param mostPositives of an anchor */
export function rangeMaxOf(settings: MiningSettings, mostPositives: number): number {
  const { rangeMin, rangeMax, numNegatives, absoluteMargin, relativeMargin, maxScore, minScore, crossEncoder } =
    settings;
  if (rangeMax !== undefined) return rangeMax;
  const mayDrop =
    absoluteMargin !== undefined ||
    relativeMargin !== undefined ||
    maxScore !== undefined ||
    (crossEncoder !== undefined && minScore !== undefined);
  return rangeMin + (mayDrop ? 10 : 1) * numNegatives + mostPositives;
}
