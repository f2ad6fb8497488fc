/** The `post_processor` section of tokenizer.json for one text: the ids before it and the ids after it. */

import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { sectionSteps } from "./sections.ts";
import { tokenId } from "./token-id.ts";

export interface Surroundings {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** Far above real models; otherwise a few lines of a file could expand to billions of ids. */
const maxIds = 1000;

/**
 * @param tokenTypes whether the network is given the types that a template has
 * @throws HpdError `unsupported` for a kind that is not known, `corrupt_file` where a section is damaged
 */
export function readPostProcessor(config: unknown, tokenTypes: boolean): Surroundings {
  // Each processor goes around what the one before it made.
  let around: Surroundings = { prefix: [], suffix: [] };
  for (const step of sectionSteps(config, "post_processor")) {
    const { prefix, suffix } = readStep(step, tokenTypes);
    around = { prefix: [...prefix, ...around.prefix], suffix: [...around.suffix, ...suffix] };
  }
  return around;
}

function readStep(step: JsonObject, tokenTypes: boolean): Surroundings {
  switch (step.type) {
    case "BertProcessing":
    case "RobertaProcessing":
      return { prefix: [pairId(step.cls)], suffix: [pairId(step.sep)] };
    case "TemplateProcessing":
      return readTemplate(step.single, step.special_tokens, tokenTypes);
    default:
      return { prefix: [], suffix: [] };
  }
}

/** The id of a token that is written as `[spelling, id]`. */
export function pairId(pair: unknown): number {
  return tokenId(Array.isArray(pair) ? pair[1] : pair);
}

function readTemplate(single: unknown, specialTokens: unknown, tokenTypes: boolean): Surroundings {
  const prefix: number[] = [];
  const suffix: number[] = [];
  let side: number[] | undefined = prefix;
  for (const piece of Array.isArray(single) ? single : []) {
    const special = isObject(piece) && isObject(piece.SpecialToken) ? piece.SpecialToken : undefined;
    const text = isObject(piece) && isObject(piece.Sequence) ? piece.Sequence : undefined;
    const type = (special ?? text)?.type_id ?? 0;
    if (tokenTypes && type !== 0) {
      throw new HpdError(
        "unsupported",
        `a template of tokenizer.json with the type ${describe(type)} is not supported, only 0`,
      );
    }
    if (special !== undefined) {
      for (const id of idsOf(special, specialTokens)) side.push(id);
      if (side.length > maxIds) {
        throw new HpdError("unsupported", `a template of tokenizer.json with more than ${maxIds} ids is not supported`);
      }
    } else if (side === prefix && text?.id === "A") {
      side = suffix;
    } else {
      throw new HpdError("unsupported", "the post_processor of tokenizer.json repeats the text or names another one");
    }
  }
  if (side === suffix) return { prefix, suffix };
  throw new HpdError("corrupt_file", "tokenizer.json: the post_processor's template leaves the text out");
}

/** The ids of a special token of a template. */
export function idsOf(special: JsonObject, specialTokens: unknown): readonly number[] {
  const name = special.id;
  const known = isObject(specialTokens) && typeof name === "string" && Object.hasOwn(specialTokens, name);
  const token = known ? specialTokens[name] : undefined;
  if (!isObject(token) || !Array.isArray(token.ids)) {
    throw new HpdError("corrupt_file", `tokenizer.json: the post_processor does not define ${describe(special)}`);
  }
  if (token.ids.length > maxIds) {
    throw new HpdError("unsupported", `a template of tokenizer.json with more than ${maxIds} ids is not supported`);
  }
  return token.ids.map(tokenId);
}
