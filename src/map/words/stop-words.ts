/**
 * Words that say nothing of what a text is about, of the language that the texts are in. The lists are those of
 * @orama/stopwords: kept with the search engine Orama, one module a language, no dependencies.
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
 * The list that holds most of the words; none where no list holds a tenth of them, as with languages that are not here.
 *
 * @param words lower case, each as often as it occurs
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
