/**
 * The division of texts for a teacher. The last bit of an embedding depends on its batch mates; so what shares a batch
 * follows from the order of the texts alone, whoever embeds them: windows of the order, in each the texts by length, cut
 * into pieces, each of which is encoded by a call of its own.
 */

/** Enough that sorting them by length leaves teachers little padding. */
export const windowSize = 8192;

/** Texts embedded before they are written down, the work that a kill may cost. */
export const pieceSize = 1024;

/** Texts of like length together: a piece then has as little padding as the whole window would. */
export function* piecesOf(texts: readonly string[], places: readonly number[]): Generator<number[]> {
  const sorted = places.toSorted((a, b) => texts[b]!.length - texts[a]!.length || a - b);
  for (let start = 0; start < sorted.length; start += pieceSize) yield sorted.slice(start, start + pieceSize);
}
