/** The names on the map: those of clusters from afar, those of topics from near, and fading in between. */

import type { Camera } from "./camera.ts";
import { isNarrow } from "./elements.ts";
import { placeLabels } from "./label-layout.ts";
import type { Group, MapData } from "./payload.ts";
import { type Size, toScreen } from "./viewport.ts";

interface Label {
  readonly level: "cluster" | "topic";
  readonly cluster: number;
  readonly head: string;
  readonly tail: string;
  readonly headSize: number;
  readonly width: number;
  readonly height: number;
  readonly peak: readonly [number, number];
  alpha: number;
  /** On the screen, as drawn last. */
  x: number;
  y: number;
}

export interface LabelColors {
  readonly ink: string;
  readonly halo: string;
  readonly quiet: string;
  /** Of each cluster. */
  readonly clusters: readonly string[];
}

/** How many times larger than the whole map fits: from here topics are named, and clusters no longer. */
const topicsFrom = 1.9;
const clustersUntil = 5;
const fadeMilliseconds = 180;
const tailSize = 11.5;
const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

export class Labels {
  readonly #labels: readonly Label[];
  readonly #context: CanvasRenderingContext2D;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(context: CanvasRenderingContext2D, { clusters, topics, texts }: MapData) {
    this.#context = context;
    const largest = clusters[0]?.size ?? 1;
    const parts = new Map<number, number>();
    for (const { cluster } of topics) parts.set(cluster, (parts.get(cluster) ?? 0) + 1);
    const label = (group: Group, level: Label["level"], cluster: number, headSize: number): Label => {
      const [head = "", ...others] = group.terms;
      const tail = others.join(" · ");
      context.font = font(headSize, 650);
      const headWidth = context.measureText(head).width;
      context.font = font(tailSize, 450);
      const width = Math.max(headWidth, context.measureText(tail).width);
      const height = headSize * 1.15 + (tail === "" ? 0 : tailSize * 1.25);
      return { level, cluster, head, tail, headSize, width, height, peak: group.peak, alpha: 0, x: 0, y: 0 };
    };
    this.#labels = [
      ...clusters.map((group, index) => label(group, "cluster", index, 13 + 5 * Math.sqrt(group.size / largest))),
      // The only topic of a cluster is the cluster.
      ...topics
        .filter(({ cluster, size }) => parts.get(cluster)! > 1 && size >= Math.min(5, texts.length / 100))
        .map((group) => label(group, "topic", group.cluster, 12.5)),
      ...clusters.flatMap((group, index) => (parts.get(index) === 1 ? [label(group, "topic", index, 12.5)] : [])),
    ];
  }

  /** @returns whether some are still fading */
  draw(now: number, { view, size, zoom }: Camera, colors: LabelColors, isNamed: (cluster: number) => boolean): boolean {
    const showsClusters = zoom < clustersUntil;
    const wanted = this.#labels.filter(({ level, cluster }) => {
      if (!isNamed(cluster)) return false;
      return level === "cluster" ? showsClusters : zoom >= topicsFrom;
    });
    const places = placeLabels(
      wanted.map(({ peak, width, height }) => ({
        ...inside(toScreen(view, size, ...peak), width, size),
        width,
        height,
      })),
    );
    const shown = new Map(wanted.map((label, index) => [label, places[index]]));
    let isFading = false;
    const step = (now - this.#drawnAt) / fadeMilliseconds;
    this.#drawnAt = now;
    for (const label of this.#labels) {
      const place = shown.get(label);
      const target = place ? 1 : 0;
      label.alpha = target > label.alpha ? Math.min(target, label.alpha + step) : Math.max(target, label.alpha - step);
      isFading ||= label.alpha !== target;
      const { x, y } = place ?? toScreen(view, size, ...label.peak);
      label.x = x;
      label.y = y;
      if (label.alpha > 0) this.#drawOne(label, size, colors);
    }
    return isFading;
  }

  /** The cluster whose name is there. */
  at(x: number, y: number): number | undefined {
    return this.#labels.find(
      (label) =>
        label.alpha > 0.5 && Math.abs(label.x - x) < label.width / 2 && Math.abs(label.y - y) < label.height / 2,
    )?.cluster;
  }

  #drawOne(label: Label, size: Size, colors: LabelColors): void {
    const { x, y, width, height, head, tail, headSize, alpha, cluster, level } = label;
    if (x + width < 0 || x - width > size.width || y + height < 0 || y - height > size.height) return;
    const context = this.#context;
    context.globalAlpha = alpha;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    context.lineJoin = "round";
    context.strokeStyle = colors.halo;
    const line = (text: string, baseline: number, fill: string, lineWidth: number) => {
      context.lineWidth = lineWidth;
      context.strokeText(text, x, baseline);
      context.fillStyle = fill;
      context.fillText(text, x, baseline);
    };
    const top = y - height / 2;
    context.font = font(headSize, level === "cluster" ? 680 : 600);
    line(head, top + headSize * 0.92, level === "cluster" ? colors.ink : colors.clusters[cluster]!, 4.5);
    if (tail !== "" && !(isNarrow() && level === "cluster" && headSize < 14)) {
      context.font = font(tailSize, 450);
      line(tail, top + headSize * 1.15 + tailSize * 0.88, colors.quiet, 4);
    }
    context.globalAlpha = 1;
  }
}

/** A name at the edge moves in, as long as what it names is seen. */
function inside({ x, y }: { x: number; y: number }, width: number, size: Size): { x: number; y: number } {
  if (x < 0 || x > size.width) return { x, y };
  return { x: Math.max(width / 2 + 6, Math.min(size.width - width / 2 - 6, x)), y };
}

function font(size: number, weight: number): string {
  return `${weight} ${size}px ${family}`;
}
