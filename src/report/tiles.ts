/** Tiles: the key figures at the top of a report. */
import { html, type Markup } from "./markup.ts";

export interface Tile {
  readonly name: string;
  readonly value: string;
  readonly note: string | undefined;
}

export function tileList(tiles: readonly Tile[]): Markup {
  return html`<dl class="tiles">${tiles.map(
    ({ name, value, note }) => html`<div class="tile"><dt>${name}</dt><dd>${value}<small>${note}</small></dd></div>`,
  )}</dl>`;
}
