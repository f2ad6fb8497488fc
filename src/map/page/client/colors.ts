/** The colours of clusters: twelve hues, so given out that clusters beside each other differ. */

export interface Palette {
  readonly light: readonly string[];
  readonly dark: readonly string[];
}

/** Hues around the circle, of even lightness to the eye (OKLCH: 0.62 and 0.14 on light, 0.76 and 0.12 on dark). */
export const hues: Palette = {
  light: [
    "#d1495b",
    "#cf5a2c",
    "#b57400",
    "#8f8a00",
    "#5a9a2e",
    "#129b63",
    "#009a92",
    "#0091b8",
    "#3a7fd5",
    "#6f6cdc",
    "#9b59c9",
    "#be4c9c",
  ],
  dark: [
    "#ff8a95",
    "#fb976c",
    "#e4ab4f",
    "#c4bd4d",
    "#97ca6d",
    "#62cf98",
    "#4cccc2",
    "#57c3e6",
    "#80b4ff",
    "#a8a4ff",
    "#cc98f5",
    "#ea90cd",
  ],
};

/**
 * The hue of each cluster, in the order of their sizes: the one that is farthest from those of the clusters around, the
 * nearer ones counting more.
 */
export function hueOfEach(places: readonly (readonly [number, number])[], count = hues.light.length): number[] {
  const given: number[] = [];
  const used = new Array<number>(count).fill(0);
  for (const [x, y] of places) {
    const costs = used.map((times, hue) => {
      let cost = times * 1e-4;
      for (const [other, otherHue] of given.entries()) {
        const [otherX, otherY] = places[other]!;
        const steps = Math.abs(hue - otherHue);
        const apart = Math.min(steps, count - steps) / (count / 2);
        cost += (1 - apart) ** 2 / (1 + Math.hypot(x - otherX, y - otherY) / 2000) ** 2;
      }
      return cost;
    });
    const best = costs.indexOf(Math.min(...costs));
    given.push(best);
    used[best]!++;
  }
  return given;
}
