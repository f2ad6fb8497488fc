/** The `post_processor` section of tokenizer.json for one text: the ids before it and the ids after it. */

import { describe, isObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { tokenId } from "./special-tokens.ts";

export interface Surroundings {
  readonly prefix: readonly number[];
  readonly suffix: readonly number[];
}

/** @throws HpdError `unsupported` for a kind that is not known, `corrupt_file` where a section is damaged. */
export function readPostProcessor(config: unknown): Surroundings {
  if (config === null || config === undefined) return { prefix: [], suffix: [] };
  if (!isObject(config)) throw new HpdError("corrupt_file", `tokenizer.json: post_processor is ${describe(config)}`);
  switch (config.type) {
    case "ByteLevel":
      return { prefix: [], suffix: [] };
    case "BertProcessing":
    case "RobertaProcessing":
      return { prefix: [pairId(config.cls)], suffix: [pairId(config.sep)] };
    case "TemplateProcessing":
      return readTemplate(config.single, config.special_tokens);
    case "Sequence": {
      // Each processor goes around what the one before it made.
      const steps = (Array.isArray(config.processors) ? config.processors : []).map(readPostProcessor);
      return steps.reduce(
        (inner, outer) => ({
          prefix: [...outer.prefix, ...inner.prefix],
          suffix: [...inner.suffix, ...outer.suffix],
        }),
        { prefix: [], suffix: [] },
      );
    }
    default:
      throw new HpdError(
        "unsupported",
        `the post_processor ${describe(config.type)} of tokenizer.json is not supported. ` +
          "Supported: BertProcessing, ByteLevel, RobertaProcessing, TemplateProcessing, Sequence.",
      );
  }
}

function pairId(pair: unknown): number {
  return tokenId(Array.isArray(pair) ? pair[1] : pair);
}

function readTemplate(single: unknown, specialTokens: unknown): Surroundings {
  const prefix: number[] = [];
  const suffix: number[] = [];
  let side: number[] | undefined = prefix;
  for (const piece of Array.isArray(single) ? single : []) {
    if (isObject(piece) && isObject(piece.SpecialToken)) {
      const token = isObject(specialTokens) ? specialTokens[String(piece.SpecialToken.id)] : undefined;
      if (!isObject(token) || !Array.isArray(token.ids)) {
        throw new HpdError("corrupt_file", `tokenizer.json: the post_processor does not define ${describe(piece)}`);
      }
      side.push(...token.ids.map(tokenId));
    } else if (side === prefix) {
      side = suffix;
    } else {
      throw new HpdError("unsupported", "the post_processor of tokenizer.json repeats the text or names another one");
    }
  }
  if (side === suffix) return { prefix, suffix };
  throw new HpdError("corrupt_file", "tokenizer.json: the post_processor's template leaves the text out");
}
