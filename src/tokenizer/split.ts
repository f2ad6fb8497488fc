/**
 * The pre-tokenizer `Split` of tokenizer.json: pieces of a text by a pattern. Follows `Split` and
 * `SplitDelimiterBehavior` of Python's `tokenizers` 0.23.
 */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
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
  const kind = behaviors.find((each) => each === behavior);
  if (kind === undefined) {
    throw new HpdError(
      "unsupported",
      `the pre_tokenizer Split of tokenizer.json has the behavior ${describe(behavior)}. Supported: ${behaviors.join(", ")}.`,
    );
  }
  if (typeof invert !== "boolean") {
    throw new HpdError("corrupt_file", `tokenizer.json: invert of a Split is ${describe(invert)}`);
  }
  const find = matcherOf(pattern);
  return (text) => pieces(text, merged(partsOf(text, find(text), invert), kind));
}

function matcherOf(pattern: unknown): (text: string) => readonly (readonly [number, number])[] {
  if (isObject(pattern) && typeof pattern.Regex === "string") {
    const matcher = new SplitMatcher(parseSplitPattern(pattern.Regex));
    return (text) => matcher.matches(text);
  }
  if (isObject(pattern) && typeof pattern.String === "string") {
    const wanted = pattern.String;
    return (text) => {
      const found: [number, number][] = [];
      if (wanted === "") return found;
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
