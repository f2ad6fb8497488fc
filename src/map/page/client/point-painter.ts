/** The interface of what draws the points, by WebGL or without. */
import type { OwnBytes } from "../../../common/own-bytes.ts";
import type { Size, Viewport } from "./viewport.ts";

/** States of a point: drawn in its colour, faint, or larger and above the others. */
export const plain = 0;
export const faint = 1;
export const lit = 2;

export interface PointScene {
  readonly view: Viewport;
  /** CSS pixels of the screen. */
  readonly size: Size;
  /** Pixels of the device for a CSS pixel. */
  readonly ratio: number;
  readonly radius: number;
  readonly litRadius: number;
  readonly colors: readonly string[];
  readonly quiet: string;
  readonly opacity: number;
  readonly quietOpacity: number;
}

export interface PointPainter {
  /** Sets the index of the colour of each point. */
  setHues(hues: OwnBytes): void;
  /** Sets the state of each point: `plain`, `faint` or `lit`. */
  setStates(states: OwnBytes): void;
  draw(scene: PointScene): void;
}
