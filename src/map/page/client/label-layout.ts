/** Which labels are shown, and where: none over another, the more important first. */
import type { Box } from "./viewport.ts";

export interface LabelPlace {
  /** The middle, on the screen. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Pixels between two labels. */
const gap = 6;

/**
 * Give those off the screen, too: then nothing comes and goes as one moves the map, only as one zooms.
 *
 * @param wanted the most important first
 * @returns of each its middle, moved up or down by at most half its height, or undefined where there is no room
 */
export function placeLabels(wanted: readonly LabelPlace[]): ({ x: number; y: number } | undefined)[] {
  const taken: Box[] = [];
  return wanted.map(({ x, y, width, height }) => {
    for (const shift of [0, -0.5, 0.5]) {
      const box = {
        left: x - width / 2 - gap,
        right: x + width / 2 + gap,
        top: y + shift * height - height / 2 - gap / 2,
        bottom: y + shift * height + height / 2 + gap / 2,
      };
      if (taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      return { x, y: y + shift * height };
    }
    return undefined;
  });
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
