/** The colours of clusters on a map, for the script and the style sheet of its page. */

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
