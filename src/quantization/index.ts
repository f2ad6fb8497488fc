/** `hpd/quantize`: models in 8-bit arithmetic, with ranges that are found once. */
export type { Agreement } from "./agreement.ts";
export type {
  QuantizedProduct,
  QuantizeOptions,
  QuantizeProgress,
  QuantizeResult,
} from "./options.ts";
export { quantize } from "./quantize.ts";
