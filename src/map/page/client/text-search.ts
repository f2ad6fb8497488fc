/** Finds texts that hold every word of a query, as a word or within one, ignoring case and accents. */

export class TextSearch {
  readonly #folded: readonly string[];

  constructor(texts: readonly string[]) {
    this.#folded = texts.map(folded);
  }

  /** Texts that match, in their order; undefined for a query without a word. */
  matches(query: string): Uint32Array | undefined {
    const words = folded(query)
      .split(/\s+/)
      .filter((word) => word !== "");
    if (words.length === 0) return undefined;
    const found: number[] = [];
    for (const [text, hay] of this.#folded.entries()) if (words.every((word) => hay.includes(word))) found.push(text);
    return Uint32Array.from(found);
  }
}

/**
 * Lower case without accents, those of Latin, Greek and Cyrillic only: in other scripts marks are vowels, or make
 * another letter.
 */
function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase();
}
