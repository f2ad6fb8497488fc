/** The part of the map on the screen: screen = (map - center) x scale + half the screen. */

export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Pixels of the screen that other elements cover, on each side. */
export type Insets = Box;

/** A position on the screen, in pixels, or on the map, 0 to 65,535. */
export interface Position {
  readonly x: number;
  readonly y: number;
}

/** The position of the map in the middle of the screen, and the pixels for a unit of the map. */
export interface Viewport extends Position {
  readonly scale: number;
}

/** A screen, and what of the map it shows. */
export interface Screen {
  readonly view: Viewport;
  readonly size: Size;
}

export function toScreen({ view: { x, y, scale }, size }: Screen, onMap: Position): Position {
  return { x: (onMap.x - x) * scale + size.width / 2, y: (onMap.y - y) * scale + size.height / 2 };
}

export function toMap({ view: { x, y, scale }, size }: Screen, onScreen: Position): Position {
  return { x: (onScreen.x - size.width / 2) / scale + x, y: (onScreen.y - size.height / 2) / scale + y };
}

/** The view at another scale that leaves what is under a position of the screen where it is. */
export function zoomedAt(screen: Screen, fixed: Position, scale: number): Viewport {
  const { x, y } = toMap(screen, fixed);
  const { width, height } = screen.size;
  return { x: x - (fixed.x - width / 2) / scale, y: y - (fixed.y - height / 2) / scale, scale };
}

/** The view in which a box fills what the insets leave free. */
export function fitted(box: Box, { width, height }: Size, insets: Insets, largestScale: number): Viewport {
  const freeWidth = Math.max(1, width - insets.left - insets.right);
  const freeHeight = Math.max(1, height - insets.top - insets.bottom);
  const scale = Math.min(
    freeWidth / Math.max(1, box.right - box.left),
    freeHeight / Math.max(1, box.bottom - box.top),
    largestScale,
  );
  return {
    x: (box.left + box.right) / 2 + (insets.right - insets.left) / 2 / scale,
    y: (box.top + box.bottom) / 2 + (insets.bottom - insets.top) / 2 / scale,
    scale,
  };
}

/**
 * The box around most of the points.
 *
 * @param outliers share of the points on each side that may lie outside
 */
export function boxAround(positions: Uint16Array, points: readonly number[] | Uint32Array, outliers = 0.02): Box {
  const along = (axis: number) => Float64Array.from(points, (point) => positions[2 * point + axis]!).sort();
  const [xs, ys] = [along(0), along(1)];
  const first = Math.floor(points.length * outliers);
  const last = points.length - 1 - first;
  return { left: xs[first] ?? 0, right: xs[last] ?? 65_535, top: ys[first] ?? 0, bottom: ys[last] ?? 65_535 };
}

/**
 * A view on the way from one to another: the scale changes evenly to the eye, and the middle of the screen moves
 * straight.
 *
 * @param part of the way, 0 to 1
 */
export function between(from: Viewport, to: Viewport, part: number): Viewport {
  const scale = from.scale * (to.scale / from.scale) ** part;
  // The middle moves in proportion to the change of what is seen.
  const [start, end] = [1 / from.scale, 1 / to.scale];
  const way = Math.abs(start - end) < 1e-9 * start ? part : (start - 1 / scale) / (start - end);
  return { x: from.x + (to.x - from.x) * way, y: from.y + (to.y - from.y) * way, scale };
}
