/**
 * Clusters of points on a map: the hills of their density, where a hill that hardly stands out belongs to the higher one
 * beside it. What is seen as one clump is one cluster; fewer clusters are unions of more, so that levels nest.
 *
 * Source: watershed with extinction values by volume (Vachier and Meyer, 1995), on a Gaussian kernel density. A hill counts
 * as much as what of it is above the saddle to its neighbour, that is by how many points it stands out. Why not k-means or
 * HDBSCAN: docs/decisions/2026-11-25-maps.md.
 */
import { DisjointSets } from "../cluster/disjoint-sets.ts";

export interface DensityClusters {
  /** How many there are at most: hills that stand out by at least one point. */
  readonly most: number;
  /** With so many clusters, or with `most`. */
  assign(clusters: number): LabelledPoints;
}

/** Clusters by number, 0 the largest. */
export interface LabelledPoints {
  /** `[points]` */
  readonly labels: Uint32Array;
  readonly sizes: readonly number[];
  /** Of each cluster its point that is nearest to the mean of all. */
  readonly centers: Uint32Array;
}

/** Cells along the longer side of the map. */
const cellsAlong = 512;
/** Of the longer side; falls as of any kernel density in two dimensions. */
const bandwidth = (count: number) => 0.05 * Math.max(count, 100) ** (-1 / 6);

/** @param positions `[count, 2]` */
export function densityClusters(positions: Float32Array): DensityClusters {
  const count = positions.length / 2;
  const { width, height, sigma, cells } = cellsOf(positions);
  const density = new Float64Array(width * height);
  for (const cell of cells) density[cell]!++;
  // A faint wide kernel leads from where nothing is to the nearest hill.
  const wide = blurred(density, width, height, 8 * sigma);
  const narrow = blurred(density, width, height, sigma);
  for (let cell = 0; cell < density.length; cell++) density[cell] = narrow[cell]! + 1e-4 * wide[cell]!;
  const { hillOf, hills: hillCount, meetings } = flood(density, width, height);

  const byVolume = meetings.toSorted((a, b) => b.volume - a.volume || a.hill - b.hill);
  const most = 1 + byVolume.filter(({ volume }) => volume >= 1).length;
  return {
    most,
    assign(clusters) {
      const groups = new DisjointSets(hillCount);
      for (const { hill, beside } of byVolume.slice(Math.min(clusters, most) - 1)) groups.unite(hill, beside);
      const hills = Uint32Array.from({ length: count }, (_, point) => groups.find(hillOf[cells[point]!]!));
      const sizes = new Map<number, number>();
      for (const hill of hills) sizes.set(hill, (sizes.get(hill) ?? 0) + 1);
      const order = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
      const numbers = new Map(order.map((hill, number) => [hill, number]));
      const labels = hills.map((hill) => numbers.get(hill)!);
      return {
        labels,
        sizes: order.map((hill) => sizes.get(hill)!),
        centers: centersOf(positions, labels, order.length),
      };
    },
  };
}

function centersOf(positions: Float32Array, labels: Uint32Array, clusters: number): Uint32Array {
  const sums = new Float64Array(2 * clusters);
  const sizes = new Float64Array(clusters);
  for (const [point, cluster] of labels.entries()) {
    sums[2 * cluster]! += positions[2 * point]!;
    sums[2 * cluster + 1]! += positions[2 * point + 1]!;
    sizes[cluster]!++;
  }
  const centers = new Uint32Array(clusters);
  const least = new Float64Array(clusters).fill(Infinity);
  for (const [point, cluster] of labels.entries()) {
    const [x, y] = [sums[2 * cluster]! / sizes[cluster]!, sums[2 * cluster + 1]! / sizes[cluster]!];
    const distance = Math.hypot(positions[2 * point]! - x, positions[2 * point + 1]! - y);
    if (distance >= least[cluster]!) continue;
    least[cluster] = distance;
    centers[cluster] = point;
  }
  return centers;
}

/** The cell of each point, on a grid with an empty edge. */
function cellsOf(positions: Float32Array) {
  const count = positions.length / 2;
  const low = [Infinity, Infinity];
  const high = [-Infinity, -Infinity];
  for (const [index, value] of positions.entries()) {
    low[index % 2] = Math.min(low[index % 2]!, value);
    high[index % 2] = Math.max(high[index % 2]!, value);
  }
  const side = Math.max(high[0]! - low[0]!, high[1]! - low[1]!) || 1;
  const sigma = bandwidth(count) * cellsAlong;
  const edge = Math.ceil(3 * sigma);
  const place = (value: number, axis: number) => edge + Math.floor(((value - low[axis]!) / side) * (cellsAlong - 1));
  const width = place(high[0]!, 0) + edge + 1;
  const height = place(high[1]!, 1) + edge + 1;
  const cells = Uint32Array.from(
    { length: count },
    (_, point) => place(positions[2 * point + 1]!, 1) * width + place(positions[2 * point]!, 0),
  );
  return { width, height, sigma, cells };
}

function blurred(values: Float64Array, width: number, height: number, sigma: number): Float64Array {
  const reach = Math.ceil(3 * sigma);
  const kernel = Float64Array.from({ length: 2 * reach + 1 }, (_, index) =>
    Math.exp(-(((index - reach) / sigma) ** 2) / 2),
  );
  const sum = kernel.reduce((total, weight) => total + weight, 0);
  const along = (source: Float64Array, length: number, step: number, lines: number, lineStep: number) => {
    const target = new Float64Array(source.length);
    for (let line = 0; line < lines; line++) {
      for (let at = 0; at < length; at++) {
        const value = source[line * lineStep + at * step]!;
        if (value === 0) continue;
        const from = Math.max(0, at - reach);
        const to = Math.min(length - 1, at + reach);
        for (let reached = from; reached <= to; reached++) {
          target[line * lineStep + reached * step]! += (value * kernel[reached - at + reach]!) / sum;
        }
      }
    }
    return target;
  };
  return along(along(values, width, 1, height, width), height, width, width, 1);
}

/** Where two hills meet, and how many points the smaller one, with all that is joined to it, stands out by. */
interface Meeting {
  readonly hill: number;
  readonly beside: number;
  readonly volume: number;
}

/** From the highest cell down: a cell joins the hill of its highest neighbour, or is a hill's top. */
function flood(density: Float64Array, width: number, height: number) {
  const order = Uint32Array.from(density.keys()).sort((a, b) => density[b]! - density[a]! || a - b);
  const none = 0xffff_ffff;
  const hillOf = new Uint32Array(density.length).fill(none);
  const meetings: Meeting[] = [];
  const joined = new DisjointSets(0);
  // Of all hills that are joined.
  const sums: number[] = [];
  const areas: number[] = [];
  for (const cell of order) {
    const level = density[cell]!;
    const around = neighborsOf(cell, width, height).filter((neighbor) => hillOf[neighbor] !== none);
    if (around.length === 0) {
      hillOf[cell] = joined.add();
      sums.push(level);
      areas.push(1);
      continue;
    }
    const own = hillOf[around.reduce((best, next) => (density[next]! > density[best]! ? next : best))]!;
    hillOf[cell] = own;
    sums[joined.find(own)]! += level;
    areas[joined.find(own)]!++;
    for (const neighbor of around) {
      const [mine, other] = [joined.find(own), joined.find(hillOf[neighbor]!)];
      if (mine === other) continue;
      const above = (hill: number) => sums[hill]! - areas[hill]! * level;
      meetings.push({ hill: own, beside: hillOf[neighbor]!, volume: Math.min(above(mine), above(other)) });
      const both = joined.unite(mine, other);
      const rest = both === mine ? other : mine;
      sums[both]! += sums[rest]!;
      areas[both]! += areas[rest]!;
    }
  }
  return { hillOf, hills: sums.length, meetings };
}

function neighborsOf(cell: number, width: number, height: number): number[] {
  const x = cell % width;
  const y = (cell - x) / width;
  const near: number[] = [];
  for (let row = Math.max(0, y - 1); row <= Math.min(height - 1, y + 1); row++) {
    for (let column = Math.max(0, x - 1); column <= Math.min(width - 1, x + 1); column++) {
      if (row !== y || column !== x) near.push(row * width + column);
    }
  }
  return near;
}
