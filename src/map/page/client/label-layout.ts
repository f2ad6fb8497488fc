/** The layout of labels: none over another, the more important first. */
import type { Box, Position } from "./viewport.ts";

/** A label around a position of the screen. */
export interface LabelBox extends Position {
  readonly width: number;
  readonly height: number;
}

/** Pixels between two labels. */
const gap = 6;

/**
 * @param wanted the most important first. With those off the screen among them, labels come and go only as the reader
 *   zooms, not as the map is moved.
 * @returns the middle of each label, moved up or down by at most half its height; undefined where there is no room
 */
export function placeLabels(wanted: readonly LabelBox[]): (Position | undefined)[] {
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
