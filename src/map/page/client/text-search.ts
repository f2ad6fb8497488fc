/** Finds texts that hold every word that is typed, as a word or within one; case and accents don't count. */

export class TextSearch {
  readonly #folded: readonly string[];

  constructor(texts: readonly string[]) {
    this.#folded = texts.map(folded);
  }

  /** In the order of the texts; undefined where nothing is asked. */
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

/** Without the accents of Latin, Greek and Cyrillic alone: in other scripts marks are vowels, or make another letter. */
function folded(text: string): string {
  return text
    .normalize("NFD")
    .replace(/[\u0300-\u036f]/g, "")
    .normalize("NFC")
    .toLowerCase();
}
