/** Draws the points where there is no WebGL: squares, colour after colour, those off the screen left out. */
import { faint, lit, type PointPainter, type PointScene, plain } from "./point-painter.ts";

/** @param tried a canvas that was asked for WebGL, which gives no other context: a new one replaces it */
export function canvasPainter(tried: HTMLCanvasElement, positions: Uint16Array): PointPainter {
  const canvas = tried.cloneNode() as HTMLCanvasElement;
  tried.replaceWith(canvas);
  const context = canvas.getContext("2d")!;
  const count = positions.length / 2;
  let hueOf = new Uint8Array(count);
  let stateOf = new Uint8Array(count);
  return {
    setHues(hues) {
      hueOf = hues;
    },
    setStates(states) {
      stateOf = states;
    },
    draw({ view, size, ratio, radius, litRadius, colors, quiet, opacity, quietOpacity }: PointScene) {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.clearRect(0, 0, size.width, size.height);
      /** Fills squares with the style that the context has. */
      const fill = (reach: number, isMeant: (point: number) => boolean) => {
        for (let point = 0; point < count; point++) {
          if (!isMeant(point)) continue;
          const x = (positions[2 * point]! - view.x) * view.scale + size.width / 2;
          const y = (positions[2 * point + 1]! - view.y) * view.scale + size.height / 2;
          if (x < -reach || y < -reach || x > size.width + reach || y > size.height + reach) continue;
          context.fillRect(x - reach, y - reach, 2 * reach, 2 * reach);
        }
      };
      context.fillStyle = quiet;
      context.globalAlpha = quietOpacity;
      fill(radius * 0.9, (point) => stateOf[point] === faint);
      for (const [state, alpha, reach] of [
        [plain, opacity, radius * 0.9],
        [lit, 0.95, litRadius * 0.9],
      ] as const) {
        context.globalAlpha = alpha;
        for (const [hue, color] of colors.entries()) {
          context.fillStyle = color;
          fill(reach, (point) => stateOf[point] === state && hueOf[point] === hue);
        }
      }
    },
  };
}
