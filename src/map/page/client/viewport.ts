/** Which part of the map is on the screen: screen = (map - center) x scale + half the screen. */

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

/** Pixels of the screen that other things cover, on each side. */
export type Insets = Box;

export interface Viewport {
  /** Of the map, in the middle of the screen. */
  readonly x: number;
  readonly y: number;
  /** Pixels for a unit of the map. */
  readonly scale: number;
}

export function toScreen({ x, y, scale }: Viewport, { width, height }: Size, mapX: number, mapY: number) {
  return { x: (mapX - x) * scale + width / 2, y: (mapY - y) * scale + height / 2 };
}

export function toMap({ x, y, scale }: Viewport, { width, height }: Size, screenX: number, screenY: number) {
  return { x: (screenX - width / 2) / scale + x, y: (screenY - height / 2) / scale + y };
}

/** What lies under the place on the screen stays there. */
export function zoomedAt(view: Viewport, size: Size, screenX: number, screenY: number, scale: number): Viewport {
  const fixed = toMap(view, size, screenX, screenY);
  return { x: fixed.x - (screenX - size.width / 2) / scale, y: fixed.y - (screenY - size.height / 2) / scale, scale };
}

/** The box fills what the insets leave free. */
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

/** Around most of the points: strays don't count. */
export function boxAround(positions: Uint16Array, points: readonly number[] | Uint32Array, strays = 0.02): Box {
  const along = (axis: number) => Float64Array.from(points, (point) => positions[2 * point + axis]!).sort();
  const [xs, ys] = [along(0), along(1)];
  const first = Math.floor(points.length * strays);
  const last = points.length - 1 - first;
  return { left: xs[first] ?? 0, right: xs[last] ?? 65_535, top: ys[first] ?? 0, bottom: ys[last] ?? 65_535 };
}

/** Between two views, 0 to 1: the scale grows evenly to the eye, and the middle keeps to a straight way on the screen. */
export function between(from: Viewport, to: Viewport, part: number): Viewport {
  const scale = from.scale * (to.scale / from.scale) ** part;
  // Of the way in map units: as much as what is seen has narrowed.
  const [start, end] = [1 / from.scale, 1 / to.scale];
  const way = Math.abs(start - end) < 1e-9 * start ? part : (start - 1 / scale) / (start - end);
  return { x: from.x + (to.x - from.x) * way, y: from.y + (to.y - from.y) * way, scale };
}
