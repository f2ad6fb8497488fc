/** Finds the point under the pointer: points in the cells of a grid. */
import type { Position } from "./viewport.ts";

const cellsAlong = 128;
const cellSize = 65_536 / cellsAlong;

export class PointGrid {
  readonly #positions: Uint16Array;
  /** Points sorted by cell; those of cell c from `starts[c]` on. */
  readonly #points: Uint32Array;
  readonly #starts: Uint32Array;

  /** @param positions `[points, 2]` */
  constructor(positions: Uint16Array) {
    const count = positions.length / 2;
    this.#positions = positions;
    this.#points = new Uint32Array(count);
    this.#starts = new Uint32Array(cellsAlong * cellsAlong + 1);
    const cellOf = (point: number) => cellAt(positions[2 * point]!) + cellsAlong * cellAt(positions[2 * point + 1]!);
    for (let point = 0; point < count; point++) this.#starts[cellOf(point) + 1]!++;
    for (let cell = 0; cell < cellsAlong * cellsAlong; cell++) this.#starts[cell + 1]! += this.#starts[cell]!;
    const next = this.#starts.slice();
    for (let point = 0; point < count; point++) this.#points[next[cellOf(point)]!++] = point;
  }

  /** The point nearest to a position of the map, among those within the radius that `accepts` takes. */
  nearest({ x, y }: Position, radius: number, accepts: (point: number) => boolean): number | undefined {
    let best: number | undefined;
    let least = radius * radius;
    for (let row = cellAt(y - radius); row <= cellAt(y + radius); row++) {
      for (let column = cellAt(x - radius); column <= cellAt(x + radius); column++) {
        const cell = row * cellsAlong + column;
        for (let at = this.#starts[cell]!; at < this.#starts[cell + 1]!; at++) {
          const point = this.#points[at]!;
          const distance = (this.#positions[2 * point]! - x) ** 2 + (this.#positions[2 * point + 1]! - y) ** 2;
          if (distance > least || !accepts(point)) continue;
          least = distance;
          best = point;
        }
      }
    }
    return best;
  }
}

function cellAt(place: number): number {
  return Math.min(cellsAlong - 1, Math.max(0, Math.floor(place / cellSize)));
}
