/** Where one looks: the view, its limits, and the ways from one view to another. */
import { type Box, between, fitted, type Insets, type Size, toMap, type Viewport } from "./viewport.ts";

const glideMilliseconds = 550;
/** The farthest that one can zoom out and in, from where the whole map is seen. */
const zoomRange = [0.4, 400] as const;
/** So many times as large as the whole map, a group of few texts still is among others. */
const nearest = 30;

export class Camera {
  #view: Viewport = { x: 0, y: 0, scale: 1 };
  #size: Size = { width: 1, height: 1 };
  #glide: { readonly from: Viewport; readonly to: Viewport; readonly start: number } | undefined;
  readonly #whole: Box;
  readonly #insets: (size: Size) => Insets;
  readonly #onChange: () => void;
  readonly #stillness = matchMedia("(prefers-reduced-motion: reduce)");

  /**
   * @param whole what is seen at first
   * @param insets what other things cover of the screen
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

  /** How many times as large as where the whole map is seen. */
  get zoom(): number {
    return this.#view.scale / this.#wholeScale();
  }

  resize(size: Size): void {
    const isFirst = this.#size.width === 1;
    this.#size = size;
    if (isFirst) this.set(this.#fit(this.#whole));
    else this.#onChange();
  }

  /** At once. */
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
    this.glideTo(this.#fit(box, nearest * this.#wholeScale()));
  }

  /** Not moved where it is seen already. */
  reveal(x: number, y: number): void {
    const free = this.#insets(this.#size);
    const low = toMap(this.#view, this.#size, free.left, free.top);
    const high = toMap(this.#view, this.#size, this.#size.width - free.right, this.#size.height - free.bottom);
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

  /** Where a glide has come. @returns whether it goes on */
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
