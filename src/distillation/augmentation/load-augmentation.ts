/** Variants of a sentence, as options ask for them. */
import { HpdError } from "../../errors.ts";
import type { Random } from "../../random.ts";
import type { AugmentationOptions } from "./options.ts";
import { replaceSynonyms } from "./replace-synonyms.ts";
import { loadWordNet } from "./wordnet.ts";

/** The variants of a sentence. One may equal another, or the sentence. */
export type Augment = (sentence: string, random: Random) => string[];

/** @throws HpdError `invalid_argument`; `not_found`, `corrupt_file` as `loadWordNet` does */
export async function loadAugmentation({ copies, rate }: AugmentationOptions): Promise<Augment> {
  if (!Number.isSafeInteger(copies) || copies < 1) {
    throw new HpdError("invalid_argument", `augmentation: copies should be a positive integer, got ${copies}`);
  }
  if (!(rate > 0 && rate <= 1)) {
    throw new HpdError("invalid_argument", `augmentation needs a rate of words above 0 and up to 1, got ${rate}`);
  }
  const synonyms = await loadWordNet();
  return (sentence, random) => Array.from({ length: copies }, () => replaceSynonyms(sentence, synonyms, rate, random));
}
