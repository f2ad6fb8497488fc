/**
 * Rotary positions as a config describes them, in the types whose frequencies depend on no text. Source: transformers,
 * `modeling_rope_utils.py`, and for `ntk` Alibaba-NLP/new-impl, `NTKScalingRotaryEmbedding`
 * (https://kexue.fm/archives/9706).
 */
import type { JsonObject } from "../../../common/json.ts";
import { checkKeys, type KeyTable } from "../../../common/key-table.ts";
import { HpdError } from "../../../errors.ts";
import { nonNegativeNumber, object, string } from "../../read-json.ts";
import { lookUp } from "../look-up.ts";

export interface Rope {
  /** The base of the frequencies. */
  readonly theta: number;
  /** Divisor of the frequencies: 1 without scaling. */
  readonly divisor: number;
}

/** `ntk` is known to the code of GTE's authors alone. */
export type RopeType = "default" | "linear" | "ntk";

const ropeTable: KeyTable = {
  keys: {
    rope_type: "read",
    type: "read",
    rope_theta: "read",
    factor: "read",
    partial_rotary_factor: { only: [null, 1], because: "a part of each head would not be rotated" },
    mixed_b: { only: [null], because: "each frequency would be divided by another number" },
    original_max_position_embeddings: { ignored: "of types that are refused" },
  },
  others: "refused",
};

/**
 * The rotary positions that `rope_scaling` or else `rope_parameters` describes; `rope_theta` may stand beside them.
 *
 * @param options `theta`, the default base; `headWidth`, which determines the divisor of `ntk`; the supported `types`
 * @throws HpdError `unsupported` for another type of rotary positions, `invalid_model`
 */
export function parseRope(
  json: JsonObject,
  file: string,
  options: { readonly theta: number; readonly headWidth: number; readonly types?: readonly RopeType[] },
): Rope {
  const { theta: otherwise, headWidth, types = ["default", "linear"] } = options;
  const key = isEmpty(json.rope_scaling) ? "rope_parameters" : "rope_scaling";
  const parameters = object(json, key, file);
  const where = `${file}: ${key}`;
  const known = Object.fromEntries(types.map((type) => [type, type]));
  const type = lookUp(
    known,
    string(parameters, "rope_type", where, string(parameters, "type", where, "default")),
    "type",
    where,
  );
  checkKeys(parameters, ropeTable, where);
  const theta = positive({ rope_theta: otherwise, ...json, ...parameters }, "rope_theta", where);
  if (type === "default") return { theta, divisor: 1 };
  const factor = positive(parameters, "factor", where);
  if (type === "linear") return { theta, divisor: factor };
  // A factor of 1 or less would change the frequencies only for texts beyond a length.
  if (factor > 1) return { theta: theta * factor, divisor: factor ** (2 / headWidth) };
  throw new HpdError("unsupported", `${where}.factor of type ntk should be a number above 1, got ${factor}`);
}

/** Frequencies of the pairs of a head of `width` numbers, in float32 step by step as torch computes them. */
export function ropeFrequencies({ theta, divisor }: Rope, width: number): number[] {
  const f = Math.fround;
  return Array.from({ length: Math.floor(width / 2) }, (_, index) => {
    const frequency = f(1 / f(f(theta) ** f((2 * index) / width)));
    return f(frequency / f(divisor));
  });
}

function positive(config: JsonObject, key: string, file: string): number {
  const value = nonNegativeNumber(config, key, file);
  if (value > 0) return value;
  throw new HpdError("invalid_model", `${file}: ${key} should be a number above 0, got ${value}`);
}

/** Whether a value is false in Python, which then takes the other key. */
function isEmpty(value: unknown): boolean {
  return !value || (typeof value === "object" && Object.keys(value).length === 0);
}
