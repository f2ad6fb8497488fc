/**
 * The search of a text for added tokens, special ones and others, before the model sees it. Follows `AddedVocabulary`
 * of Python's `tokenizers` 0.23: the leftmost match counts, of those the longest.
 */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { isWhiteSpace } from "./character-classes.ts";
import { LeftmostLongest } from "./leftmost-longest.ts";
import { inUnicode16 } from "./unicode-16.ts";

export interface AddedToken {
  readonly content: string;
  readonly id: number;
  readonly special: boolean;
  readonly singleWord: boolean;
  /** Takes the white space before it along. */
  readonly lstrip: boolean;
  /** Takes the white space after it along. */
  readonly rstrip: boolean;
  /** Searched for in the normalized text, itself normalized. */
  readonly normalized: boolean;
}

/** A piece of text between added tokens, or the id of one. */
export type Section = string | number;

const wordCharacter = /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]/u;

export class AddedTokenSplitter {
  readonly #tokens: AddedToken[] = [];
  /** Another token that is searched for by the same spelling, of each that has one. */
  readonly #rivals = new Map<AddedToken, AddedToken>();
  readonly #search: LeftmostLongest | undefined;
  /** The strings that are searched for. */
  readonly spellings: readonly string[];

  readonly #passedOver: (token: AddedToken) => boolean;

  /**
   * @param spelling the string to search for: the content, or its normalized form
   * @param passedOver whether a token that is found is left in the text, where no other is looked for then
   * @throws HpdError `unsupported` for a token of which the normalizer leaves nothing
   */
  constructor(
    tokens: readonly AddedToken[],
    spelling: (content: string) => string,
    passedOver: (token: AddedToken) => boolean = () => false,
  ) {
    this.#passedOver = passedOver;
    const bySpelling = new Map<string, AddedToken>();
    for (const token of tokens) {
      const spelled = spelling(token.content);
      if (spelled === "") throw withoutSpelling(token);
      const rival = bySpelling.get(spelled);
      if (rival !== undefined) this.#rivals.set(token, rival);
      bySpelling.set(spelled, token);
    }
    this.spellings = [...bySpelling.keys()];
    this.#tokens = [...bySpelling.values()];
    if (this.#tokens.length > 0) this.#search = new LeftmostLongest(this.spellings);
  }

  /**
   * The sections of a text in order, none of them empty.
   *
   * @throws HpdError `invalid_model` for a token that shares its spelling with another: Python takes either
   */
  *split(text: string): Generator<Section> {
    let position = 0;
    // White space is known from `spaceStart` to `spaceEnd`, so that no run of it is walked through twice.
    let spaceStart = 0;
    let spaceEnd = 0;
    for (const match of this.#search?.matches(text) ?? []) {
      const token = this.#tokens[match.pattern]!;
      let { start, end } = match;
      const isTaken = this.#isTaken(token, text, start, end);
      const rival = this.#rivals.get(token);
      if (rival !== undefined && (isTaken || this.#isTaken(rival, text, start, end))) throw ambiguous(token, rival);
      if (!isTaken) continue;
      if (token.lstrip) while (start > position && isWhiteSpace(text.charCodeAt(start - 1))) start--;
      if (token.rstrip) {
        if (end < spaceStart || end > spaceEnd) {
          spaceStart = end;
          spaceEnd = end;
          while (spaceEnd < text.length && isWhiteSpace(text.charCodeAt(spaceEnd))) spaceEnd++;
        }
        end = spaceEnd;
      }
      // White space that the token before it took along, of which Python leaves it nothing.
      if (token.lstrip && end <= position) continue;
      if (start > position) yield text.slice(position, start);
      yield token.id;
      position = end;
    }
    if (position < text.length) yield text.slice(position);
  }

  #isTaken(token: AddedToken, text: string, start: number, end: number): boolean {
    return !this.#passedOver(token) && (!token.singleWord || standsAlone(text, start, end));
  }
}

/** A pair of surrogates is two code units, so two of them on either side always hold the character next to it. */
function standsAlone(text: string, start: number, end: number): boolean {
  const before = [...text.slice(Math.max(0, start - 2), start)].at(-1);
  const [after] = text.slice(end, end + 2);
  return ![before, after].some((next) => next !== undefined && wordCharacter.test(inUnicode16(next)));
}

function withoutSpelling({ content, id }: AddedToken): HpdError {
  return new HpdError(
    "unsupported",
    `the normalizer leaves nothing of the added token ${describe(content)} (${id}), at which Python splits a text into ` +
      'its letters: set its "normalized" to false in tokenizer.json and tokenizer_config.json',
  );
}

function ambiguous(token: AddedToken, other: AddedToken): HpdError {
  return new HpdError(
    "invalid_model",
    `the text holds an added token of two ids: ${describe(other.content)} (${other.id}) and ` +
      `${describe(token.content)} (${token.id}) are the same after normalization: remove one of them from the model`,
  );
}
