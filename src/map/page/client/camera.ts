/** The part of the map on the screen: its limits, and the animation from one to another. */
import { type Box, between, fitted, type Insets, type Position, type Size, toMap, type Viewport } from "./viewport.ts";

const glideMilliseconds = 550;
/** Least and largest zoom, 1 where the whole map is seen. */
const zoomRange = [0.4, 400] as const;
/** Largest zoom at which a group is shown: few texts still are among others. */
const groupZoom = 30;

export class Camera {
  #view: Viewport = { x: 0, y: 0, scale: 1 };
  #size: Size = { width: 1, height: 1 };
  #glide: { readonly from: Viewport; readonly to: Viewport; readonly start: number } | undefined;
  readonly #whole: Box;
  readonly #insets: (size: Size) => Insets;
  readonly #onChange: () => void;
  readonly #stillness = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param whole the part of the map that is shown at first
   * @param insets what other elements cover of a screen of some size
   */
  constructor(whole: Box, insets: (size: Size) => Insets, onChange: () => void) {
    this.#whole = whole;
    this.#insets = insets;
    this.#onChange = onChange;
  }

  get view(): Viewport {
    return this.#view;
  }

  get size(): Size {
    return this.#size;
  }

  /** The scale as a multiple of that at which the whole map is seen. */
  get zoom(): number {
    return this.#view.scale / this.#wholeScale();
  }

  resize(size: Size): void {
    const isFirst = this.#size.width === 1;
    this.#size = size;
    if (isFirst) this.set(this.#fit(this.#whole));
    else this.#onChange();
  }

  /** Shows a view without animation. */
  set(view: Viewport): void {
    this.#glide = undefined;
    this.#view = view;
    this.#onChange();
  }

  glideTo(view: Viewport): void {
    if (this.#stillness.matches) this.set(view);
    else this.#glide = { from: this.#view, to: view, start: performance.now() };
    this.#onChange();
  }

  showAll(): void {
    this.glideTo(this.#fit(this.#whole));
  }

  show(box: Box): void {
    this.glideTo(this.#fit(box, groupZoom * this.#wholeScale()));
  }

  /** Moves to a position of the map, unless it is on the free part of the screen. */
  reveal({ x, y }: Position): void {
    const free = this.#insets(this.#size);
    const low = toMap(this, { x: free.left, y: free.top });
    const high = toMap(this, { x: this.#size.width - free.right, y: this.#size.height - free.bottom });
    if (x > low.x && x < high.x && y > low.y && y < high.y) return;
    this.glideTo(
      this.#fit({ left: x, right: x, top: y, bottom: y }, Math.max(this.#view.scale, 2 * this.#wholeScale())),
    );
  }

  zoomBy(factor: number): void {
    this.glideTo({ ...this.#view, scale: this.clamp(this.#view.scale * factor) });
  }

  clamp(scale: number): number {
    const [least, most] = zoomRange;
    return Math.min(most * this.#wholeScale(), Math.max(least * this.#wholeScale(), scale));
  }

  /** Moves on with an animation. @returns whether it goes on */
  advance(now: number): boolean {
    if (this.#glide === undefined) return false;
    const { from, to, start } = this.#glide;
    const part = Math.min(1, Math.max(0, (now - start) / glideMilliseconds));
    this.#view = between(from, to, 1 - (1 - part) ** 3);
    if (part === 1) this.#glide = undefined;
    return part < 1;
  }

  #fit(box: Box, largest = Number.POSITIVE_INFINITY): Viewport {
    return fitted(box, this.#size, this.#insets(this.#size), largest);
  }

  #wholeScale(): number {
    return this.#fit(this.#whole).scale;
  }
}
