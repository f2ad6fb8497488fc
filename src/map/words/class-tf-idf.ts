/**
 * Class-based TF-IDF of terms: W = tf log(1 + A / f), where tf is the relative frequency of the term in the class, f
 * its frequency in all classes, A the average number of terms of a class.
 * Source: Grootendorst, arXiv 2203.05794; `ClassTfidfTransformer` of BERTopic, which rounds A down, as is done here.
 */
import { requireArray, requireMap } from "../../common/arguments.ts";

/**
 * @param classes the frequencies of terms in each class
 * @returns the weights of terms in each class
 * @throws HpdError `invalid_argument` for anything but an array of maps
 */
export function classTfIdf(classes: readonly ReadonlyMap<string, number>[]): Map<string, number>[] {
  requireArray("classes", classes);
  for (const [index, counts] of classes.entries()) requireMap(`classes[${index}]`, counts, "a Map of terms to counts");
  const frequencies = new Map<string, number>();
  const sizes = classes.map((counts) => {
    let size = 0;
    for (const [term, count] of counts) {
      size += count;
      frequencies.set(term, (frequencies.get(term) ?? 0) + count);
    }
    return size;
  });
  const average = Math.floor(sizes.reduce((sum, size) => sum + size, 0) / classes.length);
  return classes.map((counts, index) => {
    const weights = new Map<string, number>();
    for (const [term, count] of counts) {
      weights.set(term, (count / sizes[index]!) * Math.log(1 + average / frequencies.get(term)!));
    }
    return weights;
  });
}
