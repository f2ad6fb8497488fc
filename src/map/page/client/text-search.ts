/** Finds texts that hold every word that is typed, or its beginning anywhere; case and accents don't count. */

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

export function folded(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}
