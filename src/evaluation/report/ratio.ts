/** Ratios in words: `8.2 x smaller`. */

/** The words for a value below the baseline's, and for one above. */
export type RatioWords = readonly [below: string, above: string];

export const size: RatioWords = ["smaller", "larger"];
export const amount: RatioWords = ["less", "more"];
export const speed: RatioWords = ["slower", "faster"];
export const duration: RatioWords = ["shorter", "longer"];

export function ratioInWords(own: number, baseline: number, [below, above]: RatioWords): string {
  if (own === baseline) return "the same";
  const ratio = Math.max(own / baseline, baseline / own);
  return `${ratio.toFixed(ratio < 2 ? 2 : 1)} x ${own < baseline ? below : above}`;
}
