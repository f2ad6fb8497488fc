/** The panel beside the map: what there is, or what was found. */
import { byId, counted, element, grouped, percent, shortened } from "./elements.ts";
import type { MapData } from "./payload.ts";

export interface PanelActions {
  focus(cluster: number | undefined): void;
  pin(text: number): void;
  hover(text: number | undefined): void;
}

/** Matches that are listed at first, and each time that more are asked for. */
const listed = 100;

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

  /** @param matches undefined: nothing is asked */
  show(matches: Uint32Array | undefined, focused: number | undefined): void {
    const { clusters, topics, texts, topicOf } = this.#data;
    if (matches === undefined) {
      this.#status.textContent = "";
      this.#list.replaceChildren(
        ...clusters.flatMap(({ size }, cluster) => [
          this.#clusterRow(cluster, size, size / texts.length, cluster === focused),
          ...(cluster === focused ? [this.#topicRows(cluster)] : []),
        ]),
      );
      return;
    }
    const counts = new Map<number, number>();
    for (const text of matches) {
      const { cluster } = topics[topicOf[text]!]!;
      counts.set(cluster, (counts.get(cluster) ?? 0) + 1);
    }
    const shown = matches.filter((text) => focused === undefined || topics[topicOf[text]!]!.cluster === focused);
    const where = counted(counts.size, "cluster", "clusters");
    this.#status.textContent =
      matches.length === 0
        ? "No text holds all of these words"
        : `${counted(matches.length, "text", "texts")} (${percent(matches.length / texts.length)}) in ${where}`;
    const ranked = [...counts].sort(([, a], [, b]) => b - a).slice(0, 6);
    const chips = element(
      "div",
      { className: "chips" },
      ...ranked.map(([cluster, count]) => this.#chip(cluster, count, cluster === focused)),
    );
    const found = element("div", { className: "texts" });
    this.#list.replaceChildren(chips, found);
    this.#more(found, shown, 0);
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
    row.setAttribute("aria-pressed", String(isFocused));
    row.addEventListener("click", () => this.#actions.focus(isFocused ? undefined : cluster));
    return row;
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
    chip.setAttribute("aria-pressed", String(isFocused));
    chip.addEventListener("click", () => this.#actions.focus(isFocused ? undefined : cluster));
    return chip;
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
    });
    list.append(more);
  }

  /** @param note at its end, such as how alike it is */
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
