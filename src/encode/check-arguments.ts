/** What callers pass, checked before any work: a mistake is an error at once, never a wrong vector. */
import { requirePositiveInteger } from "../common/arguments.ts";
import { HpdError } from "../errors.ts";

/** @throws HpdError `invalid_argument` naming the first entry that is not a string. */
export function requireTexts(texts: unknown): asserts texts is readonly string[] {
  if (!Array.isArray(texts)) {
    throw new HpdError("invalid_argument", `sentences should be a string or an array of strings, got ${kindOf(texts)}`);
  }
  // Not findIndex: it passes over the holes of an array.
  for (let index = 0; index < texts.length; index++) requireText(texts[index], index);
}

/** @throws HpdError `invalid_argument` */
export function requireText(text: unknown, index: number): asserts text is string {
  if (typeof text === "string") return;
  throw new HpdError("invalid_argument", `sentence ${index} should be a string, got ${kindOf(text)}`);
}

/** @throws HpdError `invalid_argument` for a number of dimensions that can't be kept. */
export function requireTruncateDim(truncateDim: unknown): void {
  if (truncateDim !== undefined) requirePositiveInteger("truncateDim", truncateDim);
}

/** Checked where no runtime does it too: a static model computes on the calling thread. @throws HpdError `invalid_argument` */
export function requireWorkers(workers: unknown): void {
  if (workers === undefined || (Number.isSafeInteger(workers) && (workers as number) >= 0)) return;
  throw new HpdError(
    "invalid_argument",
    `workers should be a non-negative integer, 0 for the calling thread, got ${workers}`,
  );
}

/** What to do where a range of each dimension is needed, and those of the texts at hand won't do. */
export const rangesOfSample =
  "encode to float32, then quantizeEmbeddings(embeddings, precision, quantizationRanges(sample))";

/**
 * Refuses what has no range: `int8` and `uint8` lay their 256 steps over that of the given texts, as in Python.
 *
 * @throws HpdError `invalid_argument` for a single text, which has none.
 */
export function requireRange(precision: string | undefined, texts: number): void {
  if (!needsRange(precision) || texts !== 1) return;
  throw new HpdError(
    "invalid_argument",
    `${precision} needs the range of each dimension over several texts, got one text: ${rangesOfSample}`,
  );
}

/** Refuses, for a stream, what needs the range of all the data. @throws HpdError `invalid_argument` */
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

/** For a message: the type of a value, told apart from null. */
function kindOf(value: unknown): string {
  return value === null ? "null" : typeof value;
}
