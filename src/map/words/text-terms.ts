/** The terms of many texts, computed once for all levels of clusters. */
import { Yielder } from "../../common/yielder.ts";
import { stopWordsFor } from "./stop-words.ts";
import { termsOf, wordSegmenter, wordsOf } from "./terms.ts";

export interface TextTerms {
  /** `[texts]`: the keys of the terms of each text, without repetitions. */
  readonly keys: readonly (readonly string[])[];
  /** The most frequent spelling of each key: `iPhone` for `iphone`. */
  readonly written: ReadonlyMap<string, string>;
}

/** Number of texts by which the language is detected. */
const textsForLanguage = 2000;

/** @throws the signal's reason when it aborts */
export async function textTerms(texts: readonly string[], signal?: AbortSignal): Promise<TextTerms> {
  const segmenter = wordSegmenter();
  const yielder = new Yielder(signal);
  const words: (string | undefined)[][] = [];
  for (const text of texts) {
    words.push(wordsOf(text, segmenter));
    if (yielder.isDue) await yielder.yield();
  }
  const step = Math.ceil(texts.length / textsForLanguage);
  const sample = words.filter((_, index) => index % step === 0).flat();
  const stopWords = await stopWordsFor(sample.flatMap((word) => word?.toLowerCase() ?? []));

  const spellings = new Map<string, Map<string, number>>();
  const keys: string[][] = [];
  for (const ofText of words) {
    const terms = termsOf(ofText, stopWords);
    keys.push(terms.map(({ key }) => key));
    for (const { key, written } of terms) {
      let forms = spellings.get(key);
      if (forms === undefined) {
        forms = new Map();
        spellings.set(key, forms);
      }
      forms.set(written, (forms.get(written) ?? 0) + 1);
    }
    if (yielder.isDue) await yielder.yield();
  }
  const written = new Map([...spellings].map(([key, forms]) => [key, mostFrequent(forms)]));
  return { keys, written };
}

function mostFrequent(forms: ReadonlyMap<string, number>): string {
  const [[best]] = [...forms].sort(([, a], [, b]) => b - a) as [[string, number]];
  return best;
}
