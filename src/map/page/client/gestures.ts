/** Dragging, wheel, pinching and keys change the view; a press that does not move is a click. */
import type { Camera } from "./camera.ts";
import { type Position, type Viewport, zoomedAt } from "./viewport.ts";

/** The actions at positions of the screen. */
export interface PointerActions {
  point(pointer: Position): void;
  hover(text: undefined): void;
  click(pointer: Position): void;
}

/** Pixels that a finger may tremble in a click. */
const clickTolerance = 5;
/** Pixels that an arrow key moves the map. */
const keyStep = 120;
/** Pixels for a unit of `WheelEvent.deltaY`, by its `deltaMode`: pixels, lines, pages. */
const wheelUnits = [1, 18, 400] as const;

export function listenForGestures(surface: HTMLElement, camera: Camera, actions: PointerActions): void {
  listenForPointers(surface, camera, actions);
  surface.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      actions.hover(undefined);
      const pixels = event.deltaY * wheelUnits[event.deltaMode as 0 | 1 | 2];
      // A pinch on a touchpad comes as a wheel with the control key.
      const factor = Math.exp(-pixels * (event.ctrlKey ? 0.01 : 0.0022));
      camera.set(zoomed(camera, positionOf(event), Math.min(3, Math.max(1 / 3, factor))));
    },
    { passive: false },
  );
  surface.addEventListener("dblclick", (event) => camera.glideTo(zoomed(camera, positionOf(event), 2)));
  surface.addEventListener("keydown", (event) => {
    if (isShortcutOfBrowser(event)) return;
    const view = viewOfKey(camera, event.key);
    if (view !== undefined) camera.glideTo(view);
    else if (event.key === "0") camera.showAll();
    else return;
    event.preventDefault();
  });
}

/** Whether the browser has the keys itself: Ctrl and plus zooms the page. */
export function isShortcutOfBrowser({ ctrlKey, metaKey, altKey }: KeyboardEvent): boolean {
  return ctrlKey || metaKey || altKey;
}

function listenForPointers(surface: HTMLElement, camera: Camera, actions: PointerActions): void {
  const pressed = new Map<number, Position>();
  /** Pixels since the first press. */
  let moved = 0;
  surface.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    surface.setPointerCapture(event.pointerId);
    if (pressed.size === 0) moved = 0;
    pressed.set(event.pointerId, positionOf(event));
  });
  surface.addEventListener("pointermove", (event) => {
    const before = pressed.get(event.pointerId);
    const now = positionOf(event);
    if (before === undefined) {
      if (event.pointerType !== "touch") actions.point(now);
      return;
    }
    moved += Math.hypot(now.x - before.x, now.y - before.y);
    pressed.set(event.pointerId, now);
    if (moved < clickTolerance) return;
    actions.hover(undefined);
    const other = [...pressed].find(([id]) => id !== event.pointerId)?.[1];
    camera.set(other === undefined ? dragged(camera.view, before, now) : pinched(camera, before, now, other));
  });
  const release = (event: PointerEvent) => {
    if (!pressed.delete(event.pointerId) || pressed.size > 0) return;
    if (event.type === "pointerup" && moved < clickTolerance) actions.click(positionOf(event));
  };
  surface.addEventListener("pointerup", release);
  surface.addEventListener("pointercancel", release);
  surface.addEventListener("pointerleave", () => actions.hover(undefined));
}

function positionOf({ clientX, clientY }: MouseEvent): Position {
  return { x: clientX, y: clientY };
}

function zoomed(camera: Camera, at: Position, factor: number): Viewport {
  return zoomedAt(camera, at, camera.clamp(camera.view.scale * factor));
}

function dragged({ x, y, scale }: Viewport, before: Position, now: Position): Viewport {
  return { x: x - (now.x - before.x) / scale, y: y - (now.y - before.y) / scale, scale };
}

/** The view after one of two fingers has moved: the distance between them zooms, their middle drags. */
function pinched(camera: Camera, before: Position, now: Position, other: Position): Viewport {
  const distance = ({ x, y }: Position) => Math.max(1, Math.hypot(x - other.x, y - other.y));
  const middle = { x: (before.x + other.x) / 2, y: (before.y + other.y) / 2 };
  const { x, y, scale } = zoomed(camera, middle, distance(now) / distance(before));
  return { x: x - (now.x - before.x) / (2 * scale), y: y - (now.y - before.y) / (2 * scale), scale };
}

function viewOfKey(camera: Camera, key: string): Viewport | undefined {
  const { view, size } = camera;
  const center = { x: size.width / 2, y: size.height / 2 };
  const step = keyStep / view.scale;
  switch (key) {
    case "ArrowLeft":
      return { ...view, x: view.x - step };
    case "ArrowRight":
      return { ...view, x: view.x + step };
    case "ArrowUp":
      return { ...view, y: view.y - step };
    case "ArrowDown":
      return { ...view, y: view.y + step };
    case "+":
    case "=":
      return zoomed(camera, center, 1.5);
    case "-":
      return zoomed(camera, center, 1 / 1.5);
    default:
      return undefined;
  }
}
