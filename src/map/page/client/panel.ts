/** The panel beside the map: the clusters, or what a search has found. */

import { byId, element } from "../../../report/client/elements.ts";
import { shortened } from "../../cut.ts";
import type { MapData } from "../map-data.ts";
import { counted, grouped, percent } from "./format.ts";

export interface PanelActions {
  focus(cluster: number | undefined): void;
  pin(text: number): void;
  hover(text: number | undefined): void;
}

/** Matches that are listed at first, and each time that more are asked for. */
const listed = 100;
/** Clusters of matches that are listed, the picked one aside. */
const listedClusters = 6;

export class Panel {
  readonly #data: MapData;
  readonly #colorOf: (cluster: number) => string;
  readonly #actions: PanelActions;
  readonly #list = byId("list");
  readonly #status = byId("status");

  constructor(data: MapData, colorOf: (cluster: number) => string, actions: PanelActions) {
    this.#data = data;
    this.#colorOf = colorOf;
    this.#actions = actions;
    document.title = data.title;
    byId("title").textContent = data.title;
    byId("summary").textContent =
      `${counted(data.texts.length, "text", "texts")}, ${counted(data.clusters.length, "cluster", "clusters")}`;
  }

  /** Whether a phone shows the list, which covers the map there. */
  get isOpen(): boolean {
    return byId("panel").classList.contains("open");
  }

  open(isOpen: boolean): void {
    if (!isOpen && this.#list.contains(document.activeElement)) byId("toggle").focus();
    byId("panel").classList.toggle("open", isOpen);
    byId("toggle").setAttribute("aria-expanded", String(isOpen));
  }

  /** Scrolls to the picked cluster. */
  revealFocused(): void {
    this.#list.querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  }

  /** @param matches undefined without a search */
  show(matches: Uint32Array | undefined, focused: number | undefined): void {
    const active = document.activeElement;
    const isActive = this.#list.contains(active);
    if (matches === undefined) this.#showClusters(focused);
    else this.#showMatches(matches, focused);
    if (!isActive) return;
    // Keyboard users stay where they were, though all rows are new.
    const { cluster } = (active as HTMLElement).dataset;
    const same = this.#list.querySelector<HTMLElement>(`[data-cluster="${cluster}"]`);
    (same ?? byId("query")).focus();
  }

  #showClusters(focused: number | undefined): void {
    const { clusters, texts } = this.#data;
    this.#status.textContent = "";
    this.#list.replaceChildren(
      ...clusters.flatMap(({ size }, cluster) => [
        this.#clusterRow(cluster, size, size / texts.length, cluster === focused),
        ...(cluster === focused ? [this.#topicRows(cluster)] : []),
      ]),
    );
  }

  #showMatches(matches: Uint32Array, focused: number | undefined): void {
    const { topics, texts, topicOf } = this.#data;
    const counts = new Map<number, number>();
    for (const text of matches) {
      const { cluster } = topics[topicOf[text]!]!;
      counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
    }
    const shown = matches.filter((text) => focused === undefined || topics[topicOf[text]!]!.cluster === focused);
    const found = counted(matches.length, "text", "texts");
    const where = counted(counts.size, "cluster", "clusters");
    if (matches.length === 0) this.#status.textContent = "No text holds all of these words";
    else if (focused !== undefined)
      this.#status.textContent = `${grouped(shown.length)} of ${found} in the picked cluster`;
    else this.#status.textContent = `${found} (${percent(matches.length / texts.length)}) in ${where}`;
    const ranked = [...counts].sort(([, a], [, b]) => b - a).slice(0, listedClusters);
    // The way to others than those of the picked one.
    if (focused !== undefined && !ranked.some(([cluster]) => cluster === focused)) {
      ranked.push([focused, counts.get(focused) ?? 0]);
    }
    const chips = element(
      "div",
      { className: "chips" },
      ...ranked.map(([cluster, count]) => this.#chip(cluster, count, cluster === focused)),
    );
    const list = element("div", { className: "texts" });
    this.#list.replaceChildren(chips, list);
    this.#more(list, shown, 0);
  }

  #clusterRow(cluster: number, size: number, part: number, isFocused: boolean): HTMLElement {
    const { terms } = this.#data.clusters[cluster]!;
    const [head = "", ...tail] = terms;
    const name = element(
      "span",
      { className: "name" },
      element("b", {}, head),
      tail.map((term) => ` · ${term}`).join(""),
    );
    const row = element(
      "button",
      { className: "cluster", type: "button", title: terms.join(" · ") },
      this.#swatch(cluster),
      name,
      element("span", { className: "count" }, grouped(size)),
      element("span", { className: "part" }, percent(part)),
    );
    return this.#picking(row, cluster, isFocused);
  }

  #topicRows(cluster: number): HTMLElement {
    const parts = this.#data.topics.filter((topic) => topic.cluster === cluster);
    const rows = parts.map(({ terms, size }) =>
      element(
        "div",
        {},
        element("span", {}, terms.join(" · ")),
        element("span", { className: "count" }, grouped(size)),
      ),
    );
    return element("div", { className: "topics" }, ...(parts.length > 1 ? rows : []));
  }

  #chip(cluster: number, count: number, isFocused: boolean): HTMLElement {
    const head = this.#data.clusters[cluster]!.terms[0] ?? "";
    const chip = element(
      "button",
      { className: "chip", type: "button" },
      this.#swatch(cluster),
      head,
      " ",
      element("small", {}, grouped(count)),
    );
    return this.#picking(chip, cluster, isFocused);
  }

  #picking(button: HTMLElement, cluster: number, isFocused: boolean): HTMLElement {
    button.dataset.cluster = String(cluster);
    button.setAttribute("aria-pressed", String(isFocused));
    button.addEventListener("click", () => this.#actions.focus(isFocused ? undefined : cluster));
    return button;
  }

  #more(list: HTMLElement, texts: Uint32Array, from: number): void {
    const next = texts.subarray(from, from + listed);
    list.append(...Array.from(next, (text) => this.textRow(text)));
    const left = texts.length - from - next.length;
    if (left === 0) return;
    const more = element("button", { className: "more", type: "button" }, `Show more of the other ${grouped(left)}`);
    more.addEventListener("click", () => {
      more.remove();
      this.#more(list, texts, from + listed);
      (list.children[from + listed] as HTMLElement).focus();
    });
    list.append(more);
  }

  /** A button that picks a text. @param note at its end, such as a similarity */
  textRow(text: number, note?: string): HTMLElement {
    const { texts, topics, topicOf } = this.#data;
    const row = element(
      "button",
      { className: "text", type: "button" },
      this.#swatch(topics[topicOf[text]!]!.cluster),
      element("span", {}, shortened(texts[text]!, 160)),
      ...(note === undefined ? [] : [element("span", { className: "count" }, note)]),
    );
    row.addEventListener("click", () => this.#actions.pin(text));
    for (const event of ["pointerenter", "focus"]) row.addEventListener(event, () => this.#actions.hover(text));
    for (const event of ["pointerleave", "blur"]) row.addEventListener(event, () => this.#actions.hover(undefined));
    return row;
  }

  #swatch(cluster: number): HTMLElement {
    const swatch = element("i", { className: "swatch" });
    swatch.style.background = this.#colorOf(cluster);
    return swatch;
  }
}
