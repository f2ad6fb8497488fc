/** Rings around the point under the pointer and the picked one, with lines to its neighbours. */
import type { MapData } from "../map-data.ts";
import type { Selection } from "./selection.ts";
import { type Screen, toScreen } from "./viewport.ts";

export interface OverlayStyle {
  readonly ink: string;
  readonly halo: string;
  /** The colour of each cluster. */
  readonly clusters: readonly string[];
  /** Pixels of a point. */
  readonly radius: number;
}

export class Overlay {
  readonly #context: CanvasRenderingContext2D;
  readonly #data: MapData;

  constructor(context: CanvasRenderingContext2D, data: MapData) {
    this.#context = context;
    this.#data = data;
  }

  /** @param marked the text under the pointer, and the picked one */
  draw(screen: Screen, marked: Pick<Selection, "hovered" | "text">, { radius, ...colors }: OverlayStyle): void {
    const { hovered, text: pinned } = marked;
    const { positions, k, neighbors, topics, topicOf } = this.#data;
    const context = this.#context;
    const place = (text: number) => toScreen(screen, { x: positions[2 * text]!, y: positions[2 * text + 1]! });
    const disc = (text: number, reach: number) => {
      const { x, y } = place(text);
      context.beginPath();
      context.arc(x, y, reach, 0, 2 * Math.PI);
      context.fillStyle = colors.clusters[topics[topicOf[text]!]!.cluster]!;
      context.fill();
      context.lineWidth = 4;
      context.strokeStyle = colors.halo;
      context.stroke();
      context.lineWidth = 1.75;
      context.strokeStyle = colors.ink;
      context.stroke();
    };
    if (pinned !== undefined) {
      const from = place(pinned);
      const near = neighbors.subarray(pinned * k, (pinned + 1) * k);
      context.lineWidth = 1.25;
      context.strokeStyle = colors.ink;
      context.globalAlpha = 0.55;
      for (const other of near) {
        const to = place(other);
        context.beginPath();
        context.moveTo(from.x, from.y);
        context.lineTo(to.x, to.y);
        context.stroke();
      }
      context.globalAlpha = 1;
      for (const other of near) disc(other, Math.max(3, radius));
      disc(pinned, Math.max(6, radius + 3));
    }
    if (hovered !== undefined) disc(hovered, Math.max(5, radius + 2));
  }
}
