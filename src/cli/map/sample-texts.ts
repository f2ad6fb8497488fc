/** A random sample of a stream of texts, in bounded memory. */
import { Random } from "../../random.ts";

/**
 * The texts that aren't blank, or a random sample of them if there are more than the limit, in their order. Source: Vitter,
 * Random Sampling with a Reservoir (1985), algorithm R.
 *
 * @returns the texts, and the number of those that were seen
 */
export async function sampleTexts(
  source: AsyncIterable<string>,
  limit: number,
  seed: number,
): Promise<{ texts: string[]; seen: number }> {
  const random = new Random(seed);
  const sample: { position: number; text: string }[] = [];
  let seen = 0;
  for await (const text of source) {
    if (text.trim() === "") continue;
    const index = seen < limit ? seen : random.nextInteger(seen + 1);
    // A replacement is copied: a substring would keep the 64 kB that it was cut from, 3 GB for 50,000 texts.
    if (index < limit) sample[index] = { position: seen, text: seen < limit ? text : Buffer.from(text).toString() };
    seen++;
  }
  return { texts: sample.sort((a, b) => a.position - b.position).map(({ text }) => text), seen };
}
