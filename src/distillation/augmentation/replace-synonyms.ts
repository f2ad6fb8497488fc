/**
 * Replaces words of a sentence by synonyms. Only words that stand in WordNet as they are, in lower case: names, forms
 * such as plurals, and the words of grammar are left alone. Source of the idea: EDA (arXiv 1901.11196), "SR".
 */
import type { Random } from "../../random.ts";
import { functionWords } from "./function-words.ts";
import type { Synonyms } from "./wordnet.ts";

/**
 * @param rate the part of the sentence's words to replace, one at least
 * @returns the sentence itself where none of its words has a synonym
 */
export function replaceSynonyms(sentence: string, synonyms: Synonyms, rate: number, random: Random): string {
  const words = [...sentence.matchAll(/\p{L}+(?:['’-]\p{L}+)*/gu)];
  const replaceable = words.filter(([word]) => synonyms.has(word) && !functionWords.has(word));
  const chosen = random.shuffle(replaceable).slice(0, Math.max(1, Math.round(rate * words.length)));
  let replaced = sentence;
  // From the end, so that the places before stay where they are.
  for (const { 0: word, index } of chosen.sort((a, b) => b.index - a.index)) {
    const others = synonyms.get(word)!;
    const other = others[random.nextInteger(others.length)]!;
    replaced = replaced.slice(0, index) + other + replaced.slice(index + word.length);
  }
  return replaced;
}
