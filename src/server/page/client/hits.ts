/** The passages that were found, as a list that the arrow keys walk. */

import { byId, element } from "../../../report/client/elements.ts";
import type { Hit, Place } from "./api.ts";
import { highlighted } from "./highlighted.ts";

export function showHits(hits: readonly Hit[], query: string): void {
  byId("hits").replaceChildren(...hits.map((hit) => hitElement(hit, query)));
}

function hitElement({ text, score, metadata, copies, ...place }: Hit, query: string): HTMLElement {
  const { heading, ...others } = metadata;
  const facts = Object.entries(others).map(([name, value]) => `${name}: ${shown(value)}`);
  if (copies.length > 0) facts.push(`also in ${copies.map(placeText).join(", ")}`);
  const title = element("h2", {}, placeText(place));
  if (typeof heading === "string") title.append(" ", element("span", {}, heading));
  title.append(" ", element("span", { className: "score", title: "score" }, score.toFixed(3)));
  const hit = element("li", { tabIndex: -1 }, title, element("p", { className: "text" }, ...highlighted(text, query)));
  if (facts.length > 0) hit.append(element("p", { className: "facts" }, facts.join(" · ")));
  return hit;
}

function placeText({ file, document, first_line, last_line }: Place): string {
  const lines = first_line === last_line ? `${first_line}` : `${first_line}–${last_line}`;
  return `${document ?? file}:${lines}`;
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Moves the focus among the passages; before the first is the query. @returns whether there was somewhere to go */
export function moveFocus(step: 1 | -1): boolean {
  const hits = [...byId("hits").children] as HTMLElement[];
  const at = hits.findIndex((hit) => hit.contains(document.activeElement));
  if (at === 0 && step === -1) {
    byId("query").focus();
    return true;
  }
  const next = at === -1 ? (step === 1 ? hits[0] : undefined) : hits[at + step];
  next?.focus();
  return next !== undefined;
}
