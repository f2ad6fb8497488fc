/** Dragging, wheel, pinching and keys become new views; a press that does not move is a click. */
import type { Camera } from "./camera.ts";
import { type Viewport, zoomedAt } from "./viewport.ts";

/** What is done at places on the screen. */
export interface PlaceActions {
  hover(x: number, y: number): void;
  leave(): void;
  click(x: number, y: number): void;
}

/** Pixels that a finger may tremble. */
const still = 5;

export function listenForGestures(surface: HTMLElement, camera: Camera, actions: PlaceActions): void {
  const pressed = new Map<number, { x: number; y: number }>();
  let moved = 0;
  const local = (event: MouseEvent) => ({ x: event.clientX, y: event.clientY });
  const zoomAt = (x: number, y: number, factor: number, view = camera.view) =>
    zoomedAt(view, camera.size, x, y, camera.clamp(view.scale * factor));

  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    if (pressed.size === 0) moved = 0;
    pressed.set(event.pointerId, local(event));
  });
  surface.addEventListener("pointermove", (event) => {
    const before = pressed.get(event.pointerId);
    const now = local(event);
    if (before === undefined) {
      if (event.pointerType !== "touch") actions.hover(now.x, now.y);
      return;
    }
    moved += Math.hypot(now.x - before.x, now.y - before.y);
    pressed.set(event.pointerId, now);
    if (moved < still) return;
    actions.leave();
    const { view } = camera;
    const other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
    if (other === undefined) {
      const { scale } = view;
      camera.set({ x: view.x - (now.x - before.x) / scale, y: view.y - (now.y - before.y) / scale, scale });
    } else {
      const apart = (place: { x: number; y: number }) => Math.max(1, Math.hypot(place.x - other.x, place.y - other.y));
      const zoomed = zoomAt((before.x + other.x) / 2, (before.y + other.y) / 2, apart(now) / apart(before));
      const half = 2 * zoomed.scale;
      camera.set({ ...zoomed, x: zoomed.x - (now.x - before.x) / half, y: zoomed.y - (now.y - before.y) / half });
    }
  });
  const release = (event: PointerEvent) => {
    if (!pressed.delete(event.pointerId) || pressed.size > 0) return;
    if (event.type === "pointerup" && moved < still) actions.click(event.clientX, event.clientY);
  };
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  surface.addEventListener("pointerleave", () => actions.leave());
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      actions.leave();
      // Lines and pages as pixels; a pinch on a touchpad comes as a wheel with the control key.
      const pixels = event.deltaY * [1, 18, 400][event.deltaMode]!;
      const factor = Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0022));
      camera.set(zoomAt(event.clientX, event.clientY, Math.min(3, Math.max(1 / 3, factor))));
    },
    { passive: false },
  );
  surface.addEventListener("dblclick", (event) => camera.glideTo(zoomAt(event.clientX, event.clientY, 2)));
  surface.addEventListener("keydown", (event) => {
    if (isOfBrowser(event)) return;
    const { view } = camera;
    const { width, height } = camera.size;
    const step = 120 / view.scale;
    const steps: Readonly<Record<string, Viewport>> = {
      ArrowLeft: { ...view, x: view.x - step },
      ArrowRight: { ...view, x: view.x + step },
      ArrowUp: { ...view, y: view.y - step },
      ArrowDown: { ...view, y: view.y + step },
      "+": zoomAt(width / 2, height / 2, 1.5),
      "=": zoomAt(width / 2, height / 2, 1.5),
      "-": zoomAt(width / 2, height / 2, 1 / 1.5),
    };
    const next = steps[event.key];
    if (next) camera.glideTo(next);
    else if (event.key === "0") camera.showAll();
    else return;
    event.preventDefault();
  });
}

/** Such as Ctrl and plus, which zooms the page. */
export function isOfBrowser({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}
