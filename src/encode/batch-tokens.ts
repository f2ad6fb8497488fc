/** Sizes of batches. */
import type { Arithmetic } from "../graph/lower-inference.ts";

/**
 * Tokens of a batch of several texts, padding included. Fewer leave a product short of rows, more leave the processor's
 * own cache: measured for texts of 8 to 512 tokens in docs/decisions/2026-11-29-attention-of-long-texts.md. A longer
 * text is a batch of its own.
 */
export const batchTokens: Readonly<Record<Arithmetic, number>> = {
  fp32: 512,
  "int8, dynamic": 256,
  "int8, stored": 256,
};
