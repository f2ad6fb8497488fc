/**
 * Clusters of points on a map: the peaks of their density, where a peak of little prominence belongs to the higher one
 * beside it. What is seen as one clump is one cluster; fewer clusters are unions of more, so that levels nest.
 *
 * Source: watershed with extinction values by volume (Vachier and Meyer, 1995), on a Gaussian kernel density. The
 * volume of a peak is what of it lies above the saddle to its neighbour, in points. Why not k-means or HDBSCAN:
 * docs/decisions/2026-11-25-maps.md.
 */
import { DisjointSets } from "../cluster/disjoint-sets.ts";

export interface DensityClusters {
  /** Maximum number of clusters: peaks with a volume of at least one point. */
  readonly most: number;
  /** Assigns the points to a number of clusters, at most `most`. */
  assign(clusters: number): LabelledPoints;
}

/** Points with the cluster of each, 0 the largest. */
export interface LabelledPoints {
  /** `[points]` */
  readonly labels: Uint32Array;
  readonly sizes: readonly number[];
  /** `[clusters]`: the point of each cluster that is nearest to the mean of its points. */
  readonly centers: Uint32Array;
}

interface GridSize {
  readonly width: number;
  readonly height: number;
}

/** Cells along the longer side of the map. */
const cellsAlong = 512;
/** Bandwidth of the kernel as a share of the longer side; falls with the number of points as for any density in 2-D. */
const bandwidth = (count: number) => 0.05 * Math.max(count, 100) ** (-1 / 6);

/** @param positions `[count, 2]` */
export function densityClusters(positions: Float32Array): DensityClusters {
  const count = positions.length / 2;
  const { size, sigma, cells } = cellsOf(positions);
  const density = new Float64Array(size.width * size.height);
  for (const cell of cells) density[cell]!++;
  // A faint wide kernel leads from empty cells to the nearest peak.
  const wide = blurred(density, size, 8 * sigma);
  const narrow = blurred(density, size, sigma);
  for (let cell = 0; cell < density.length; cell++) density[cell] = narrow[cell]! + 1e-4 * wide[cell]!;
  const { peakOf, peaks: peakCount, saddles } = flood(density, size);

  const byVolume = saddles.toSorted((a, b) => b.volume - a.volume || a.peak - b.peak);
  const most = 1 + byVolume.filter(({ volume }) => volume >= 1).length;
  return {
    most,
    assign(clusters) {
      const groups = new DisjointSets(peakCount);
      for (const { peak, other } of byVolume.slice(Math.min(clusters, most) - 1)) groups.unite(peak, other);
      const peaks = Uint32Array.from({ length: count }, (_, point) => groups.find(peakOf[cells[point]!]!));
      const sizes = new Map<number, number>();
      for (const peak of peaks) sizes.set(peak, (sizes.get(peak) ?? 0) + 1);
      const order = [...sizes.keys()].sort((a, b) => sizes.get(b)! - sizes.get(a)! || a - b);
      const numbers = new Map(order.map((peak, number) => [peak, number]));
      const labels = peaks.map((peak) => numbers.get(peak)!);
      return {
        labels,
        sizes: order.map((peak) => sizes.get(peak)!),
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

/** A grid with an empty margin, and the cell of each point. */
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
  const cellAt = (value: number, axis: number) => edge + Math.floor(((value - low[axis]!) / side) * (cellsAlong - 1));
  const width = cellAt(high[0]!, 0) + edge + 1;
  const height = cellAt(high[1]!, 1) + edge + 1;
  const cells = Uint32Array.from(
    { length: count },
    (_, point) => cellAt(positions[2 * point + 1]!, 1) * width + cellAt(positions[2 * point]!, 0),
  );
  return { size: { width, height }, sigma, cells };
}

/** Blurred by a Gaussian kernel. @param sigma in cells */
function blurred(values: Float64Array, { width, height }: GridSize, sigma: number): Float64Array {
  const kernel = gaussianKernel(sigma);
  const rows = convolved(values, { length: width, step: 1, lines: height, lineStep: width }, kernel);
  return convolved(rows, { length: height, step: width, lines: width, lineStep: 1 }, kernel);
}

function gaussianKernel(sigma: number): { weights: Float64Array; sum: number; radius: number } {
  const radius = Math.ceil(3 * sigma);
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, index) =>
    Math.exp(-(((index - radius) / sigma) ** 2) / 2),
  );
  return { weights, sum: weights.reduce((total, weight) => total + weight, 0), radius };
}

/** The lines of a grid in one direction: `step` from cell to cell, `lineStep` from line to line. */
interface Lines {
  readonly length: number;
  readonly step: number;
  readonly lines: number;
  readonly lineStep: number;
}

function convolved(
  source: Float64Array,
  { length, step, lines, lineStep }: Lines,
  { weights, sum, radius }: ReturnType<typeof gaussianKernel>,
): Float64Array {
  const target = new Float64Array(source.length);
  for (let line = 0; line < lines; line++) {
    for (let at = 0; at < length; at++) {
      const value = source[line * lineStep + at * step]!;
      if (value === 0) continue;
      const from = Math.max(0, at - radius);
      const to = Math.min(length - 1, at + radius);
      for (let reached = from; reached <= to; reached++) {
        target[line * lineStep + reached * step]! += (value * weights[reached - at + radius]!) / sum;
      }
    }
  }
  return target;
}

/** A saddle between two peaks. */
interface Saddle {
  readonly peak: number;
  readonly other: number;
  /** Points above the saddle, of the smaller peak with all that have been joined to it. */
  readonly volume: number;
}

/**
 * Finds peaks and saddles from the highest cell down: a cell belongs to the peak of its highest neighbour, or is one.
 */
function flood(density: Float64Array, size: GridSize) {
  const order = Uint32Array.from(density.keys()).sort((a, b) => density[b]! - density[a]! || a - b);
  const none = 0xffff_ffff;
  const peakOf = new Uint32Array(density.length).fill(none);
  const saddles: Saddle[] = [];
  const joined = new DisjointSets(0);
  // Sums of densities and numbers of cells of all peaks that have been joined.
  const sums: number[] = [];
  const areas: number[] = [];
  for (const cell of order) {
    const level = density[cell]!;
    const around = neighborsOf(cell, size).filter((neighbor) => peakOf[neighbor] !== none);
    if (around.length === 0) {
      peakOf[cell] = joined.add();
      sums.push(level);
      areas.push(1);
      continue;
    }
    const own = peakOf[around.reduce((best, next) => (density[next]! > density[best]! ? next : best))]!;
    peakOf[cell] = own;
    sums[joined.find(own)]! += level;
    areas[joined.find(own)]!++;
    for (const neighbor of around) {
      const [mine, other] = [joined.find(own), joined.find(peakOf[neighbor]!)];
      if (mine === other) continue;
      const above = (peak: number) => sums[peak]! - areas[peak]! * level;
      saddles.push({ peak: own, other: peakOf[neighbor]!, volume: Math.min(above(mine), above(other)) });
      const both = joined.unite(mine, other);
      const rest = both === mine ? other : mine;
      sums[both]! += sums[rest]!;
      areas[both]! += areas[rest]!;
    }
  }
  return { peakOf, peaks: sums.length, saddles };
}

function neighborsOf(cell: number, { width, height }: GridSize): number[] {
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
