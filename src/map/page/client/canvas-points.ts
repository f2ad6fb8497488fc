/** Draws the points where there is no WebGL: squares, colour after colour, those off the screen left out. */
import { faint, lit, type PointPainter, type PointScene, plain } from "./point-painter.ts";

/** @param tried takes the place of this canvas: one that was asked for WebGL gives nothing else */
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
      const fill = (color: string, alpha: number, state: number, hue: number | undefined, reach: number) => {
        context.fillStyle = color;
        context.globalAlpha = alpha;
        for (let point = 0; point < count; point++) {
          if (stateOf[point] !== state || (hue !== undefined && hueOf[point] !== hue)) continue;
          const x = (positions[2 * point]! - view.x) * view.scale + size.width / 2;
          const y = (positions[2 * point + 1]! - view.y) * view.scale + size.height / 2;
          if (x < -reach || y < -reach || x > size.width + reach || y > size.height + reach) continue;
          context.fillRect(x - reach, y - reach, 2 * reach, 2 * reach);
        }
      };
      fill(quiet, quietOpacity, faint, undefined, radius * 0.9);
      for (const [hue, color] of colors.entries()) fill(color, opacity, plain, hue, radius * 0.9);
      for (const [hue, color] of colors.entries()) fill(color, 0.95, lit, hue, litRadius * 0.9);
    },
  };
}
