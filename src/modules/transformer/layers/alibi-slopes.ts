/**
 * The slopes of ALiBi: 2^(-8 i / heads), and for a number of heads that is no power of two every second one of twice
 * the power below it too. Source: arXiv 2108.12409 and its authors' code.
 */
export function alibiSlopes(heads: number): number[] {
  const power = 2 ** Math.floor(Math.log2(heads));
  const slopes = Array.from({ length: power }, (_, index) => 2 ** ((-8 * (index + 1)) / power));
  const more = Array.from({ length: heads - power }, (_, index) => 2 ** ((-4 * (2 * index + 1)) / power));
  return [...slopes, ...more];
}
