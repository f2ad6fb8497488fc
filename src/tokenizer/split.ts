/**
 * The pre-tokenizer `Split` of tokenizer.json: pieces of a text by a pattern. Follows `Split` and
 * `SplitDelimiterBehavior` of Python's `tokenizers` 0.23.
 */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { characterClass, characterClasses } from "./character-classes.ts";
import { SplitMatcher } from "./split-matcher.ts";
import { parseSplitPattern } from "./split-pattern.ts";

const behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"] as const;
type Behavior = (typeof behaviors)[number];

/** A part of a text, and whether the pattern matches it. */
interface Part {
  readonly start: number;
  end: number;
  readonly isMatch: boolean;
}

/** @throws HpdError `unsupported` for a pattern or a behavior that is not known, naming it */
export function buildSplit({ pattern, behavior, invert = false }: JsonObject): (text: string) => Iterable<string> {
  const kind = requireBehavior("Split", behavior);
  if (typeof invert !== "boolean") {
    throw new HpdError("corrupt_file", `tokenizer.json: invert of a Split is ${describe(invert)}`);
  }
  if (kind === "Isolated" && isObject(pattern) && typeof pattern.Regex === "string") {
    const matcher = new SplitMatcher(parseSplitPattern(pattern.Regex));
    return (text) => isolated(text, matcher);
  }
  const find = matcherOf(pattern);
  return (text) => pieces(text, merged(partsOf(text, find(text), invert), kind));
}

/** Each punctuation character a match: the pre-tokenizer `Punctuation`. */
export function buildPunctuation({ behavior = "Isolated" }: JsonObject): (text: string) => Iterable<string> {
  const kind = requireBehavior("Punctuation", behavior);
  const classes = characterClasses({ cleanText: false, splitChinese: false });
  return (text) => splitAt(text, (code) => classes[code] === characterClass.punctuation, kind);
}

/** Each digit a word, or each row of them: the pre-tokenizer `Digits`. */
export function buildDigits({ individual_digits: apart = false }: JsonObject): (text: string) => Iterable<string> {
  if (typeof apart !== "boolean") {
    throw new HpdError("corrupt_file", `tokenizer.json: individual_digits is ${describe(apart)}`);
  }
  return (text) => splitAt(text, (code) => isDigit.test(String.fromCodePoint(code)), apart ? "Isolated" : "Contiguous");
}

const isDigit = /\p{N}/u;

function splitAt(text: string, isMatch: (code: number) => boolean, behavior: Behavior): Iterable<string> {
  const matches: [number, number][] = [];
  let start = 0;
  for (const character of text) {
    const end = start + character.length;
    if (isMatch(character.codePointAt(0)!)) matches.push([start, end]);
    start = end;
  }
  return pieces(text, merged(partsOf(text, matches, false), behavior));
}

function requireBehavior(type: string, behavior: unknown): Behavior {
  const kind = behaviors.find((each) => each === behavior);
  if (kind !== undefined) return kind;
  throw new HpdError(
    "unsupported",
    `the behavior of the pre_tokenizer ${type} of tokenizer.json should be one of ${behaviors.join(", ")}, got ${describe(behavior)}`,
  );
}

/** All parts, matched or not, one by one: a long text isn't split further than needed. */
function* isolated(text: string, matcher: SplitMatcher): Generator<string> {
  let position = 0;
  for (matcher.begin(text); matcher.next(); ) {
    const { start, end } = matcher;
    if (start > position) yield text.slice(position, start);
    position = end;
    yield text.slice(start, end);
  }
  if (position < text.length) yield text.slice(position);
}

function matcherOf(pattern: unknown): (text: string) => readonly (readonly [number, number])[] {
  if (isObject(pattern) && typeof pattern.Regex === "string") {
    const matcher = new SplitMatcher(parseSplitPattern(pattern.Regex));
    return (text) => matcher.matches(text);
  }
  // Python splits at each character where the string is empty, which no model asks for.
  if (isObject(pattern) && typeof pattern.String === "string" && pattern.String !== "") {
    const wanted = pattern.String;
    return (text) => {
      const found: [number, number][] = [];
      for (let start = text.indexOf(wanted); start >= 0; start = text.indexOf(wanted, start + wanted.length)) {
        found.push([start, start + wanted.length]);
      }
      return found;
    };
  }
  throw new HpdError("corrupt_file", `tokenizer.json: the pattern of a Split is ${describe(pattern)}`);
}

/** The whole text, matched and not. */
function partsOf(text: string, matches: readonly (readonly [number, number])[], invert: boolean): Part[] {
  const parts: Part[] = [];
  let position = 0;
  for (const [start, end] of matches) {
    if (start > position) parts.push({ start: position, end: start, isMatch: invert });
    parts.push({ start, end, isMatch: !invert });
    position = end;
  }
  if (position < text.length) parts.push({ start: position, end: text.length, isMatch: invert });
  return parts;
}

function merged(parts: readonly Part[], behavior: Behavior): readonly Part[] {
  switch (behavior) {
    case "Removed":
      return parts.filter(({ isMatch }) => !isMatch);
    case "Isolated":
      return parts;
    case "MergedWithPrevious":
      return joined(parts, (before, part) => part.isMatch && !before.isMatch);
    case "MergedWithNext":
      return joined(parts, (before, part) => before.isMatch && !part.isMatch);
    case "Contiguous":
      return joined(parts, (before, part) => part.isMatch === before.isMatch);
  }
}

/** Neighbours put together where `joins` says so of them, each as the pattern made it. */
function joined(parts: readonly Part[], joins: (before: Part, part: Part) => boolean): readonly Part[] {
  const result: Part[] = [];
  for (const [index, part] of parts.entries()) {
    if (index > 0 && joins(parts[index - 1]!, part)) result.at(-1)!.end = part.end;
    else result.push({ ...part });
  }
  return result;
}

function* pieces(text: string, parts: readonly Part[]): Generator<string> {
  for (const { start, end } of parts) yield text.slice(start, end);
}
