/**
 * Units of which passages are made: sentences (UAX 29, by `Intl.Segmenter`), lines of code, headings. A unit with more
 * tokens than a passage may have is divided at words and, if a single word has too many, inside the word.
 */
import { type Block, isHighSurrogate } from "./block.ts";

/** A range `[start, end)` of a text without white space around it, and the tokens that it adds to a passage. */
export interface Unit {
  readonly start: number;
  readonly end: number;
  readonly tokens: number;
  readonly block: Block;
}

export interface TokenLimit {
  /** Counts the tokens of a text with special tokens and prompt. It may stop counting above `most`. */
  readonly count: (text: string) => number;
  /** Maximum tokens per passage. */
  readonly most: number;
  /** Tokens of an empty text: special tokens and prompt. */
  readonly overhead: number;
}

/** One for all, made when it is needed: the first one of a process takes 18 ms, another one longer than a short paragraph. */
let sentences: Intl.Segmenter | undefined;

/** Upper bound of the characters of a token of natural text: longer texts are divided before they are counted. */
const charactersOfToken = 16;

/** @param offset of the block in `text` */
export function* unitsOfBlock(
  text: string,
  block: Block,
  offset: number,
  limit: TokenLimit,
): Generator<Unit, void, undefined> {
  const { length } = block.text;
  if (block.kind !== "prose") {
    for (const piece of divided(text, offset, offset + length, limit)) yield { ...piece, block };
    return;
  }
  // A line end in a paragraph is no end of a sentence, though Unicode takes it for one.
  const prose = text.slice(offset, offset + length).replaceAll("\n", " ");
  sentences ??= new Intl.Segmenter("en", { granularity: "sentence" });
  for (const { index, segment } of sentences.segment(prose)) {
    for (const piece of divided(text, offset + index, offset + index + segment.length, limit))
      yield { ...piece, block };
  }
}

type Piece = Omit<Unit, "block">;

function* divided(text: string, from: number, to: number, limit: TokenLimit): Generator<Piece, void, undefined> {
  const end = from + text.slice(from, to).trimEnd().length;
  let start = skipSpace(text, from, end);
  while (start < end) {
    const unit = longestUnit(text, start, end, limit);
    yield unit;
    start = skipSpace(text, unit.end, end);
  }
}

function longestUnit(text: string, start: number, end: number, limit: TokenLimit): Piece {
  const tokensTo = (to: number): number => limit.count(text.slice(start, to)) - limit.overhead;
  const room = limit.most - limit.overhead;
  const window = Math.min(end, start + room * charactersOfToken);
  const tokens = tokensTo(window);
  if (tokens <= room) return { start, end: window === end ? end : endOfWord(text, start, window), tokens };
  const words = [...text.slice(start, window).matchAll(/\S(?=\s)/gu)].map(({ index, 0: last }) => index + last.length);
  const fits = (length: number) => tokensTo(start + length) <= room;
  // If not even the first word fits, as many of its characters as do, at least one, so that this ends.
  const length = lastThat(words, fits) ?? lastThat(characterEnds(text, start, words[0] ?? window - start), fits);
  const unitEnd = start + (length ?? (isHighSurrogate(text.charCodeAt(start)) ? 2 : 1));
  return { start, end: unitEnd, tokens: tokensTo(unitEnd) };
}

function characterEnds(text: string, start: number, length: number): number[] {
  const ends: number[] = [];
  for (let at = 1; at <= length; at++) if (!isHighSurrogate(text.charCodeAt(start + at - 1))) ends.push(at);
  return ends;
}

/** The last value that satisfies `test`, which all before it do, by bisection; undefined if the first doesn't. */
function lastThat(values: readonly number[], test: (value: number) => boolean): number | undefined {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(values[middle]!)) low = middle + 1;
    else high = middle;
  }
  return values[low - 1];
}

/** The end of the last whole word before `window`, or `window` if there is none. */
function endOfWord(text: string, start: number, window: number): number {
  let end = window;
  while (end > start && !/\s/.test(text[end - 1]!)) end--;
  while (end > start && /\s/.test(text[end - 1]!)) end--;
  if (end > start) return end;
  return isHighSurrogate(text.charCodeAt(window - 1)) ? window - 1 : window;
}

function skipSpace(text: string, start: number, end: number): number {
  let at = start;
  while (at < end && /\s/.test(text[at]!)) at++;
  return at;
}
