/**
 * Added tokens: special ones and others that the text is searched for before the model sees it. Follows
 * `AddedVocabulary` of Python's `tokenizers` 0.23: the leftmost match counts, of those the longest.
 */
import { whitespace } from "./character-classes.ts";

export interface AddedToken {
  readonly content: string;
  readonly id: number;
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

const wordCharacter = "[\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}]";
const startsWithWord = new RegExp(`^${wordCharacter}`, "u");
const endsWithWord = new RegExp(`${wordCharacter}$`, "u");

export class AddedTokenSplitter {
  readonly #pattern: RegExp | undefined;
  readonly #tokens = new Map<string, AddedToken>();

  /** `spelling` is what is searched for: the content, or its normalized form. */
  constructor(tokens: readonly AddedToken[], spelling: (content: string) => string) {
    for (const token of tokens) {
      const spelled = spelling(token.content);
      if (spelled !== "") this.#tokens.set(spelled, token);
    }
    if (this.#tokens.size === 0) return;
    const longestFirst = [...this.#tokens.keys()].sort((a, b) => b.length - a.length);
    this.#pattern = new RegExp(
      longestFirst.map((content) => content.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&")).join("|"),
      "gu",
    );
  }

  /** The sections of a text in order, none of them empty. */
  split(text: string): Section[] {
    if (this.#pattern === undefined) return text === "" ? [] : [text];
    const sections: Section[] = [];
    let position = 0;
    for (const match of text.matchAll(this.#pattern)) {
      const token = this.#tokens.get(match[0])!;
      let start = match.index;
      let end = start + match[0].length;
      if (token.singleWord && !standsAlone(text, start, end)) continue;
      if (token.lstrip) while (start > position && whitespace.test(text[start - 1]!)) start--;
      if (token.rstrip) while (end < text.length && whitespace.test(text[end]!)) end++;
      if (start > position) sections.push(text.slice(position, start));
      sections.push(token.id);
      position = end;
    }
    if (position < text.length) sections.push(text.slice(position));
    return sections;
  }
}

/** A pair of surrogates is two code units, so two of them on either side always hold the character next to it. */
function standsAlone(text: string, start: number, end: number): boolean {
  return (
    !endsWithWord.test(text.slice(Math.max(0, start - 2), start)) && !startsWithWord.test(text.slice(end, end + 2))
  );
}
