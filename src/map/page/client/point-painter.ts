/** What draws the points, by WebGL or without. */
import type { Size, Viewport } from "./viewport.ts";

/** The type of `common/own-bytes.ts`, of which a page knows nothing. */
export type OwnBytes = ReturnType<typeof Uint8Array.of>;

/** How a point is drawn: in its colour, faint, or larger and above the others. */
export const plain = 0;
export const faint = 1;
export const lit = 2;

export interface PointScene {
  readonly view: Viewport;
  /** Of the screen, in its pixels as CSS counts them. */
  readonly size: Size;
  /** Pixels of the device for one of them. */
  readonly ratio: number;
  readonly radius: number;
  readonly litRadius: number;
  readonly colors: readonly string[];
  readonly quiet: string;
  readonly opacity: number;
  readonly quietOpacity: number;
}

export interface PointPainter {
  /** Of each point the index of its colour. */
  setHues(hues: OwnBytes): void;
  /** Of each point `plain`, `faint` or `lit`. */
  setStates(states: OwnBytes): void;
  draw(scene: PointScene): void;
}
