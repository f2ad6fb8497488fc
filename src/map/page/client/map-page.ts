/** The page of a map: what each action of the reader changes in its parts. */

import { byId } from "../../../report/client/elements.ts";
import type { MapData } from "../map-data.ts";
import { Camera } from "./camera.ts";
import { hueOfEach } from "./colors.ts";
import { showDetail } from "./detail.ts";
import { isNarrow } from "./format.ts";
import { readLink, writeLink } from "./link.ts";
import { Panel } from "./panel.ts";
import { PointGrid } from "./point-grid.ts";
import { faint } from "./point-painter.ts";
import { Scene } from "./scene.ts";
import { Selection } from "./selection.ts";
import { showTip } from "./tip.ts";
import { boxAround, type Insets, type Position, type Size, toMap } from "./viewport.ts";

/** Pixels around a point that count as on it. */
const hitRadius = 10;
/** Share of texts on each side that lie so far out that the whole map is shown without them. */
const outliers = 0.004;

export class MapPage {
  readonly camera: Camera;
  readonly #data: MapData;
  readonly #clusterOf: Uint16Array;
  readonly #grid: PointGrid;
  readonly #scene: Scene;
  readonly #panel: Panel;
  readonly #selection: Selection;
  readonly #query = byId<HTMLInputElement>("query");

  constructor(data: MapData) {
    const { texts, positions, topicOf, topics, clusters } = data;
    const hueOf = hueOfEach(clusters.map(({ center }) => [positions[2 * center]!, positions[2 * center + 1]!]));
    this.#data = data;
    this.#clusterOf = Uint16Array.from(topicOf, (topic) => topics[topic]!.cluster);
    this.#grid = new PointGrid(positions);
    this.#selection = new Selection(texts, this.#clusterOf);
    const whole = boxAround(positions, Uint32Array.from(texts.keys()), outliers);
    this.camera = new Camera(
      whole,
      (size) => this.#insets(size),
      () => this.#scene.redraw(),
    );
    this.#scene = new Scene(data, hueOf, this.camera, this.#selection);
    this.#panel = new Panel(data, (cluster) => `var(--hue${hueOf[cluster]})`, this);
  }

  resize(): void {
    this.#scene.resize();
  }

  /** Searches for texts that hold the words. */
  search(query: string): void {
    this.#query.value = query;
    this.#selection.set({ query, cluster: this.#selection.cluster });
    this.#update();
  }

  /** Shows what the search has found. */
  showFound(): void {
    const found = this.#selection.found();
    if (found.length > 0) this.camera.show(boxAround(this.#data.positions, found));
  }

  /** Picks a cluster, or none. */
  focus(cluster: number | undefined): void {
    this.#selection.set({ cluster });
    this.#update();
    this.#panel.open(false);
    if (cluster === undefined) this.camera.showAll();
    else {
      const texts = Array.from(this.#clusterOf.keys()).filter((text) => this.#clusterOf[text] === cluster);
      this.camera.show(boxAround(this.#data.positions, texts));
    }
    this.#panel.revealFocused();
  }

  /** Picks a text, or none. */
  pin(text: number | undefined): void {
    const { positions } = this.#data;
    this.#selection.text = text;
    this.hover(undefined);
    showDetail(this.#data, this.#panel, text);
    writeLink(this.#selection);
    if (text === undefined) return;
    this.#panel.open(false);
    this.camera.reveal({ x: positions[2 * text]!, y: positions[2 * text + 1]! });
  }

  /** @param pointer where the pointer is, if it is on the map: the text is shown beside it */
  hover(text: number | undefined, pointer?: Position): void {
    this.#selection.hovered = text;
    showTip(pointer && text !== undefined ? this.#data.texts[text] : undefined, pointer);
    this.#scene.redraw();
  }

  /** Shows the text under the pointer. */
  point(pointer: Position): void {
    const text = this.#textAt(pointer);
    this.hover(text, pointer);
    const isSomething = text !== undefined || this.#scene.labelAt(pointer) !== undefined;
    byId("surface").style.cursor = isSomething ? "pointer" : "";
  }

  /** Picks what is under the pointer; where nothing is, the text or the cluster is no longer picked. */
  click(pointer: Position): void {
    const text = this.#textAt(pointer);
    const cluster = this.#scene.labelAt(pointer);
    if (cluster !== undefined && cluster !== this.#selection.cluster) this.focus(cluster);
    else if (text !== undefined) this.pin(text);
    else if (this.#selection.text !== undefined) this.pin(undefined);
    else if (this.#selection.cluster !== undefined) this.focus(undefined);
  }

  /** Undoes the last of search, picked cluster and picked text that is there, as Escape does. */
  back(): void {
    if (this.#selection.text !== undefined) this.pin(undefined);
    else if (this.#selection.query !== "") this.search("");
    else if (this.#selection.cluster !== undefined) this.focus(undefined);
  }

  /** Shows the whole map. */
  showAll(): void {
    if (this.#selection.cluster === undefined) this.camera.showAll();
    else this.focus(undefined);
  }

  toggleList(): void {
    this.#panel.open(!this.#panel.isOpen);
  }

  /** Shows what the page's address says. */
  followLink(): void {
    const link = readLink(this.#data.texts.length, this.#data.clusters.length);
    this.#query.value = link.query;
    // All of the selection before the address is written.
    this.#selection.set(link);
    this.#selection.text = link.text;
    if (link.cluster === undefined) this.#update();
    else this.focus(link.cluster);
    this.pin(link.text);
  }

  #update(): void {
    const { states, matches, cluster, query } = this.#selection;
    this.#scene.setStates(states);
    this.#panel.show(matches, cluster);
    byId("clear").hidden = query === "";
    writeLink(this.#selection);
  }

  #textAt(pointer: Position): number | undefined {
    const { states } = this.#selection;
    const radius = hitRadius / this.camera.view.scale;
    return this.#grid.nearest(toMap(this.camera, pointer), radius, (text) => states[text] !== faint);
  }

  /** The parts of the screen that the panel and the card of the picked text cover. */
  #insets({ height }: Size): Insets {
    const hasCard = this.#selection.text !== undefined;
    if (isNarrow()) return { left: 24, right: 24, top: 140, bottom: hasCard ? height * 0.44 : 30 };
    return { left: 372, right: hasCard ? 380 : 50, top: 40, bottom: 40 };
  }
}
