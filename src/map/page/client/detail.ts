/** The card with the picked text and those that are most similar to it. */

import { byId } from "../../../report/client/elements.ts";
import type { MapData } from "../map-data.ts";
import type { Panel } from "./panel.ts";

/** @param text the picked one; undefined hides the card */
export function showDetail(data: MapData, panel: Panel, text: number | undefined): void {
  const card = byId("detail");
  const isActive = card.contains(document.activeElement);
  card.hidden = text === undefined;
  // Keyboard users stay in the card, or come back to the map.
  if (text === undefined && isActive) byId("surface").focus();
  if (text === undefined) return;
  const { texts, topics, topicOf, clusters, k, neighbors, similarities } = data;
  const topic = topics[topicOf[text]!]!;
  byId("detail-text").textContent = texts[text] === "" ? "(empty)" : texts[text]!;
  byId("detail-text").scrollTop = 0;
  byId("detail-cluster").textContent = clusters[topic.cluster]!.terms.join(" · ");
  const rows = Array.from({ length: k }, (_, rank) => {
    const at = text * k + rank;
    return panel.textRow(neighbors[at]!, (similarities[at]! / 255).toFixed(2));
  });
  byId("neighbors").replaceChildren(...rows);
  byId("neighbors-title").hidden = k === 0;
  if (isActive) byId("detail-text").focus();
}
