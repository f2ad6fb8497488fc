/**
 * The special tokens around and between the two texts of a pair, and the type of each token: the `post_processor`
 * section of tokenizer.json for two texts. Follows `TemplateProcessing`, `BertProcessing` and `RobertaProcessing` of
 * Python's `tokenizers` 0.23.
 */
import { describe, isObject, type JsonObject } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { idsOf, pairId } from "./post-processor.ts";
import { sectionSteps } from "./sections.ts";

/** One of the two texts, or a special token; `type` is the type of its tokens. */
export type PairPiece =
  | { readonly text: "first" | "second"; readonly type: number }
  | { readonly id: number; readonly type: number };

/** Each of the two texts once, the first one before the second. */
export type PairTemplate = readonly PairPiece[];

/** The types that two texts have where nothing stands around them. */
const barePair: PairTemplate = [
  { text: "first", type: 0 },
  { text: "second", type: 1 },
];

/** `[CLS] first [SEP] second [SEP]`, the second text and what follows it of type 1. */
export function bertPair(cls: number, sep: number): PairTemplate {
  return [
    { id: cls, type: 0 },
    { text: "first", type: 0 },
    { id: sep, type: 0 },
    { text: "second", type: 1 },
    { id: sep, type: 1 },
  ];
}

/** `<s> first </s></s> second </s>`, all of type 0. */
export function robertaPair(cls: number, sep: number): PairTemplate {
  return [
    { id: cls, type: 0 },
    { text: "first", type: 0 },
    { id: sep, type: 0 },
    { id: sep, type: 0 },
    { text: "second", type: 0 },
    { id: sep, type: 0 },
  ];
}

/** `first </s> second </s>`, all of type 0. */
export function t5Pair(eos: number): PairTemplate {
  return [
    { text: "first", type: 0 },
    { id: eos, type: 0 },
    { text: "second", type: 0 },
    { id: eos, type: 0 },
  ];
}

/**
 * @throws HpdError `unsupported` for a template that is not of the form above, or more than one of them in a row;
 *   `corrupt_file` where the section is damaged
 */
export function readPairTemplate(config: unknown): PairTemplate {
  const steps = sectionSteps(config, "post_processor").filter(({ type }) => type !== "ByteLevel");
  if (steps.length > 1) {
    throw new HpdError("unsupported", "pairs of texts with more than one template in tokenizer.json are not supported");
  }
  const [step] = steps;
  switch (step?.type) {
    case "BertProcessing":
      return bertPair(pairId(step.cls), pairId(step.sep));
    case "RobertaProcessing":
      return robertaPair(pairId(step.cls), pairId(step.sep));
    case "TemplateProcessing":
      return readTemplate(step);
    default:
      return barePair;
  }
}

function readTemplate({ pair, special_tokens: specialTokens }: JsonObject): PairTemplate {
  const pieces: PairPiece[] = [];
  for (const piece of Array.isArray(pair) ? pair : []) {
    const special = isObject(piece) && isObject(piece.SpecialToken) ? piece.SpecialToken : undefined;
    const text = isObject(piece) && isObject(piece.Sequence) ? piece.Sequence : undefined;
    const type = (special ?? text)?.type_id ?? 0;
    if (typeof type !== "number" || !Number.isInteger(type) || type < 0) {
      throw new HpdError("corrupt_file", `tokenizer.json: the type_id of a template is ${describe(type)}`);
    }
    if (special !== undefined) for (const id of idsOf(special, specialTokens)) pieces.push({ id, type });
    else pieces.push({ text: text?.id === "B" ? "second" : "first", type });
  }
  const texts = pieces.flatMap((piece) => ("text" in piece ? [piece.text] : []));
  if (`${texts}` === "first,second") return pieces;
  throw new HpdError(
    "unsupported",
    "the post_processor of tokenizer.json has a template for pairs that does not hold each text once, in order",
  );
}
