/**
 * Stop words of the language that texts are in, from the lists of @orama/stopwords: one module per language, without
 * dependencies.
 */

const languages = {
  english: () => import("@orama/stopwords/english"),
  german: () => import("@orama/stopwords/german"),
  french: () => import("@orama/stopwords/french"),
  spanish: () => import("@orama/stopwords/spanish"),
  italian: () => import("@orama/stopwords/italian"),
  portuguese: () => import("@orama/stopwords/portuguese"),
  dutch: () => import("@orama/stopwords/dutch"),
  danish: () => import("@orama/stopwords/danish"),
  swedish: () => import("@orama/stopwords/swedish"),
  norwegian: () => import("@orama/stopwords/norwegian"),
  finnish: () => import("@orama/stopwords/finnish"),
  russian: () => import("@orama/stopwords/russian"),
  ukrainian: () => import("@orama/stopwords/ukrainian"),
  turkish: () => import("@orama/stopwords/turkish"),
};

export type StopWords = ReadonlySet<string>;

/**
 * The list that holds most of the words; empty if none holds a tenth of them, as for other languages.
 *
 * @param words in lower case, with repetitions
 */
export async function stopWordsFor(words: readonly string[]): Promise<StopWords> {
  let best: StopWords = new Set();
  let most = words.length / 10;
  for (const load of Object.values(languages)) {
    const list = new Set((await load()).stopwords.map((word) => word.toLowerCase()));
    const held = words.filter((word) => list.has(word)).length;
    if (held > most) [best, most] = [list, held];
  }
  return best;
}
