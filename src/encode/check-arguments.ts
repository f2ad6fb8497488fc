/** Checks of arguments before any work: a mistake is an error at once, never a wrong vector. */
import { isIterable, kindOf, requirePositiveInteger } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";

/** @throws HpdError `invalid_argument` naming the first entry that is not a string. */
export function requireTexts(texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) {
    const advice = texts instanceof Promise ? ": await it" : isStream(texts) ? ": encodeStream takes it" : "";
    throw new HpdError(
      "invalid_argument",
      `sentences should be a string or an array of strings, got ${kindOf(texts)}${advice}`,
    );
  }
  // Not findIndex: it passes over the holes of an array.
  for (let index = 0; index < texts.length; index++) requireText(texts[index], index);
}

/** @throws HpdError `invalid_argument` */
export function requireText(text: unknown, index: number): asserts text is string {
  if (typeof text === "string") return;
  throw new HpdError("invalid_argument", `sentence ${index} should be a string, got ${kindOf(text)}`);
}

/** Requires a positive integer or undefined. @throws HpdError `invalid_argument` */
export function requireTruncateDim(truncateDim: unknown): void {
  if (truncateDim !== undefined) requirePositiveInteger("truncateDim", truncateDim);
}

/** Requires a worker count, also for static models, which have no runtime. @throws HpdError `invalid_argument` */
export function requireWorkers(workers: unknown): void {
  if (workers === undefined || (Number.isSafeInteger(workers) && (workers as number) >= 0)) return;
  throw new HpdError(
    "invalid_argument",
    `workers should be a non-negative integer, 0 for the calling thread, got ${workers}`,
  );
}

/** Advice for a precision that needs ranges which the texts at hand don't give. */
export const rangesOfSample =
  "encode to float32, then quantizeEmbeddings(embeddings, precision, quantizationRanges(sample))";

/**
 * Refuses `int8` and `uint8` of a single text: their 256 levels divide the range of the given texts, as in Python.
 *
 * @throws HpdError `invalid_argument`
 */
export function requireRange(precision: string | undefined, texts: number): void {
  if (!needsRange(precision) || texts !== 1) return;
  throw new HpdError(
    "invalid_argument",
    `${precision} needs the range of each dimension over several texts, got one text: ${rangesOfSample}`,
  );
}

/** Refuses `int8` and `uint8` of a stream: they need the range of all the data. @throws HpdError `invalid_argument` */
export function requireNoRange(precision: string | undefined): void {
  if (!needsRange(precision)) return;
  throw new HpdError(
    "invalid_argument",
    `a stream can't be encoded to ${precision}, which needs the range of all the data: ${rangesOfSample}`,
  );
}

function needsRange(precision: string | undefined): boolean {
  return precision === "int8" || precision === "uint8";
}

/** Whether it is a set, a generator, a stream or the like, rather than bytes. */
function isStream(value: unknown): boolean {
  return isIterable(value) && !ArrayBuffer.isView(value);
}
