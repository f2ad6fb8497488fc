/** The lengths of texts up to which attention writes all of its scores. */
import type { LoweringContext } from "./lowering-context.ts";

export interface AttentionLimits {
  /** Maximum tokens of a batch's longest text for which all scores are written. */
  readonly whole: number;
  /** The same where a token sees but some of the others: slices leave work out, so they pay earlier. */
  readonly wholeOfSome: number;
  /** Queries of a slice of a longer text. */
  readonly slice: number;
}

/** Measured: see docs/decisions/2026-11-29-attention-of-long-texts.md. */
export const attentionLimits: AttentionLimits = { whole: 512, wholeOfSome: 256, slice: 128 };

/** Emits, once, whether no text is longer than a limit. */
export function isShort({ emit, sequence }: LoweringContext, limit: number): string {
  const length = sequence();
  return emit.once(`is at most ${limit}`, () =>
    emit.op("LessOrEqual", [emit.op("Squeeze", [length]), emit.int64(limit)]),
  );
}

/** Emits a value, float32, that only short texts need: it is empty for longer ones, which it would be too large for. */
export function whenShort(context: LoweringContext, limit: number, emitValue: () => string): string {
  const { emit } = context;
  return emit.conditional(isShort(context, limit), emitValue, () => emit.op("Identity", [emit.floats([])]));
}
