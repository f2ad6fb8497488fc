/**
 * The names on the map: those of clusters while it is small, those of topics when it is large, and fading in between.
 */

import type { MapGroup } from "../../text-map.ts";
import type { MapData } from "../map-data.ts";
import type { Camera } from "./camera.ts";
import { isNarrow } from "./format.ts";
import { placeLabels } from "./label-layout.ts";
import { type Position, type Size, toScreen } from "./viewport.ts";

interface Label {
  readonly level: "cluster" | "topic";
  readonly cluster: number;
  readonly head: string;
  readonly tail: string;
  readonly headSize: number;
  readonly width: number;
  readonly height: number;
  /** The middle of the group on the map. */
  readonly center: Position;
  /** Radius around it within which most of the texts lie. */
  readonly reach: number;
  alpha: number;
  /** Position on the screen, as drawn last. */
  x: number;
  y: number;
}

export interface LabelColors {
  readonly ink: string;
  readonly halo: string;
  readonly quiet: string;
  /** The colour of each cluster. */
  readonly clusters: readonly string[];
}

/** Zooms from which topics are named, and up to which clusters are. */
const topicsFrom = 1.9;
const clustersUntil = 5;
/** Pixels of a group's radius up to which its name would hide it. */
const hiddenRadius = 14;
const fadeMilliseconds = 180;
const tailSize = 11.5;
const family = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';

const notShown = { alpha: 0, x: 0, y: 0 };

export class Labels {
  readonly #labels: readonly Label[];
  readonly #context: CanvasRenderingContext2D;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(context: CanvasRenderingContext2D, data: MapData) {
    const { clusters, topics, texts, positions, topicOf } = data;
    this.#context = context;
    const clusterReach = reachOfEach(data, clusters, (text) => topics[topicOf[text]!]!.cluster);
    const topicReach = reachOfEach(data, topics, (text) => topicOf[text]!);
    const largest = clusters[0]?.size ?? 1;
    const parts = new Map<number, number>();
    for (const { cluster } of topics) parts.set(cluster, (parts.get(cluster) ?? 0) + 1);
    const centerOf = ({ center }: MapGroup) => ({ x: positions[2 * center]!, y: positions[2 * center + 1]! });
    this.#labels = [
      ...clusters.map((group, index): Label => {
        const name = measuredName(context, group, 13 + 5 * Math.sqrt(group.size / largest));
        const reach = clusterReach[index]!;
        return { level: "cluster", cluster: index, center: centerOf(group), reach, ...name, ...notShown };
      }),
      ...topics.flatMap((topic, index): Label[] => {
        const { cluster } = topic;
        // The only topic of a cluster is the cluster.
        const group = parts.get(cluster) === 1 ? clusters[cluster]! : topic;
        if (topic.size < Math.min(5, texts.length / 100)) return [];
        const name = measuredName(context, group, 12.5);
        return [{ level: "topic", cluster, center: centerOf(group), reach: topicReach[index]!, ...name, ...notShown }];
      }),
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
      wanted.map(({ center, reach, width, height }) => {
        const { x, y } = toScreen({ view, size }, center);
        // A group that its name would hide has it above.
        const radius = reach * view.scale;
        const middle = { x, y: radius < hiddenRadius ? y - radius - height / 2 - 3 : y };
        return { ...inside(middle, { width, height }, size), width, height };
      }),
    );
    const shown = new Map(wanted.map((label, index) => [label, places[index]]));
    let isFading = false;
    // At first all are shown at once; a pause counts as one frame.
    const step = this.#drawnAt < 0 ? 1 : Math.min(0.25, (now - this.#drawnAt) / fadeMilliseconds);
    this.#drawnAt = now;
    for (const label of this.#labels) {
      const place = shown.get(label);
      const target = place ? 1 : 0;
      label.alpha = target > label.alpha ? Math.min(target, label.alpha + step) : Math.max(target, label.alpha - step);
      isFading ||= label.alpha !== target;
      const { x, y } = place ?? toScreen({ view, size }, label.center);
      label.x = x;
      label.y = y;
      if (label.alpha > 0) this.#drawOne(label, size, colors);
    }
    return isFading;
  }

  /** The cluster whose name is at a position of the screen. */
  at({ x, y }: Position): number | undefined {
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

/** A group's name: its first term above the others, and the pixels that they take. */
function measuredName(context: CanvasRenderingContext2D, { terms }: MapGroup, headSize: number) {
  const [head = "", ...others] = terms;
  const tail = others.join(" · ");
  context.font = font(headSize, 650);
  const headWidth = context.measureText(head).width;
  context.font = font(tailSize, 450);
  const width = Math.max(headWidth, context.measureText(tail).width);
  const height = headSize * 1.15 + (tail === "" ? 0 : tailSize * 1.25);
  return { head, tail, headSize, width, height };
}

/** The radius around the middle of each group that holds four in five of its texts. */
function reachOfEach({ positions }: MapData, groups: readonly MapGroup[], groupOf: (text: number) => number): number[] {
  const distances = groups.map((): number[] => []);
  for (let text = 0; text < positions.length / 2; text++) {
    const { center } = groups[groupOf(text)]!;
    const [x, y] = [
      positions[2 * text]! - positions[2 * center]!,
      positions[2 * text + 1]! - positions[2 * center + 1]!,
    ];
    distances[groupOf(text)]!.push(Math.hypot(x, y));
  }
  return distances.map((own) => own.sort((a, b) => a - b)[Math.floor(0.8 * own.length)] ?? 0);
}

/** The middle of a name, moved in from the edge of the screen as long as what it names is seen. */
function inside({ x, y }: Position, label: Size, { width, height }: Size): Position {
  const within = (at: number, extent: number, end: number) =>
    at < -extent || at > end + extent ? at : Math.max(extent / 2 + 6, Math.min(end - extent / 2 - 6, at));
  if (x < 0 || x > width) return { x, y };
  return { x: within(x, label.width, width), y: within(y, label.height, height) };
}

function font(size: number, weight: number): string {
  return `${weight} ${size}px ${family}`;
}
