/** Random texts out of a stream, in bounded memory. */
import type { Random } from "../random.ts";

/**
 * The texts that aren't blank, or, if there are more than the limit, as many of them, each as likely drawn as any other. Source:
 * Vitter, Random Sampling with a Reservoir (1985), algorithm R.
 *
 * @returns the texts with their positions, in no order, and the number of those that were seen
 */
export async function drawTexts(
  source: AsyncIterable<string>,
  limit: number,
  random: Random,
): Promise<{ drawn: { position: number; text: string }[]; seen: number }> {
  const drawn: { position: number; text: string }[] = [];
  let seen = 0;
  for await (const text of source) {
    if (text.trim() === "") continue;
    const index = seen < limit ? seen : random.nextInteger(seen + 1);
    // A replacement is copied: a substring would keep the 64 kB that it was cut from, 3 GB for 50,000 texts.
    if (index < limit) drawn[index] = { position: seen, text: seen < limit ? text : Buffer.from(text).toString() };
    seen++;
  }
  return { drawn, seen };
}
