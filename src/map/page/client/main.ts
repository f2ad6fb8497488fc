/** The map's page: puts its parts together and keeps what is asked for, picked and pointed at. */
import { Camera } from "./camera.ts";
import { hueOfEach } from "./colors.ts";
import { showDetail } from "./detail.ts";
import { byId, isNarrow } from "./elements.ts";
import { isOfBrowser, listenForGestures } from "./gestures.ts";
import { readLink, writeLink } from "./link.ts";
import { Panel } from "./panel.ts";
import { unpack } from "./payload.ts";
import { PointGrid } from "./point-grid.ts";
import { faint, lit, plain } from "./point-painter.ts";
import { Scene } from "./scene.ts";
import { TextSearch } from "./text-search.ts";
import { showTip } from "./tip.ts";
import { boxAround, type Insets, type Size, toMap } from "./viewport.ts";

/** Pixels around a point that count as on it. */
const reach = 10;
/** Texts that lie so far out don't make the map smaller. */
const strays = 0.004;

/** @param zipped the payload, as `unpack` takes it */
export async function start(zipped: string): Promise<void> {
  const data = await unpack(zipped);
  const { texts, positions, topicOf, topics, clusters } = data;
  const all = Uint32Array.from(texts.keys());
  const clusterOf = Uint16Array.from(topicOf, (topic) => topics[topic]!.cluster);
  const hueOf = hueOfEach(clusters.map(({ center }) => [positions[2 * center]!, positions[2 * center + 1]!]));
  const grid = new PointGrid(positions);
  const search = new TextSearch(texts);
  const query = byId<HTMLInputElement>("query");

  let matches: Uint32Array | undefined;
  let matched = new Set<number>();
  let focused: number | undefined;
  let hovered: number | undefined;
  let pinned: number | undefined;
  const states = new Uint8Array(texts.length);

  const camera = new Camera(boxAround(positions, all, strays), insets, () => scene.redraw());
  const scene: Scene = new Scene(data, hueOf, camera, () => ({
    hovered,
    pinned,
    found: matches?.length ?? 0,
    isNamed: (cluster) => (focused === undefined ? matches === undefined || matched.has(cluster) : cluster === focused),
  }));
  const panel = new Panel(data, (cluster) => `var(--hue${hueOf[cluster]})`, { focus, pin, hover });

  /** What the panel and the card cover. */
  function insets({ height }: Size): Insets {
    if (isNarrow()) return { left: 24, right: 24, top: 140, bottom: pinned === undefined ? 30 : height * 0.44 };
    return { left: 372, right: pinned === undefined ? 50 : 380, top: 40, bottom: 40 };
  }

  function update(): void {
    matched = new Set(Array.from(matches ?? [], (text) => clusterOf[text]!));
    const isInside = (text: number) => focused === undefined || clusterOf[text] === focused;
    for (const text of all) states[text] = isInside(text) && matches === undefined ? plain : faint;
    for (const text of matches ?? []) if (isInside(text)) states[text] = lit;
    scene.setStates(states);
    panel.show(matches, focused);
    byId("clear").hidden = query.value === "";
    writeLink({ query: query.value, cluster: focused, text: pinned });
  }

  function ask(words: string): void {
    query.value = words;
    matches = search.matches(words);
    update();
  }

  /** It covers the map of a phone; elsewhere it is always there. */
  function openList(isOpen: boolean): void {
    if (!isOpen && byId("list").contains(document.activeElement)) byId("toggle").focus();
    byId("panel").classList.toggle("open", isOpen);
    byId("toggle").setAttribute("aria-expanded", String(isOpen));
  }

  function focus(cluster: number | undefined): void {
    focused = cluster;
    update();
    openList(false);
    if (cluster === undefined) camera.showAll();
    else
      camera.show(
        boxAround(
          positions,
          all.filter((text) => clusterOf[text] === cluster),
        ),
      );
    byId("list").querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  }

  function pin(text: number | undefined): void {
    pinned = text;
    hover(undefined);
    showDetail(data, panel, text);
    writeLink({ query: query.value, cluster: focused, text });
    if (text === undefined) return;
    openList(false);
    camera.reveal(positions[2 * text]!, positions[2 * text + 1]!);
  }

  /** @param place of the pointer, where it is on the map: the text is shown there */
  function hover(text: number | undefined, place?: { x: number; y: number }): void {
    hovered = text;
    showTip(place && text !== undefined ? texts[text] : undefined, place?.x, place?.y);
    scene.redraw();
  }

  function pointAt(x: number, y: number): number | undefined {
    const place = toMap(camera.view, camera.size, x, y);
    return grid.nearest(place.x, place.y, reach / camera.view.scale, (text) => states[text] !== faint);
  }

  /** To what the page's address says. */
  function follow(): void {
    const link = readLink(texts.length, clusters.length);
    query.value = link.query;
    matches = search.matches(link.query);
    // All of it before the address is written anew.
    focused = link.cluster;
    pinned = link.text;
    if (focused === undefined) update();
    else focus(focused);
    pin(link.text);
  }

  listenForGestures(byId("surface"), camera, {
    hover(x, y) {
      const text = pointAt(x, y);
      hover(text, { x, y });
      byId("surface").style.cursor = text === undefined && scene.labelAt(x, y) === undefined ? "" : "pointer";
    },
    leave: () => hover(undefined),
    click(x, y) {
      const text = pointAt(x, y);
      const cluster = scene.labelAt(x, y);
      if (cluster !== undefined && cluster !== focused) focus(cluster);
      else if (text !== undefined) pin(text);
      else if (pinned !== undefined) pin(undefined);
      else if (focused !== undefined) focus(undefined);
    },
  });
  query.addEventListener("input", () => ask(query.value));
  query.addEventListener("keydown", ({ key }) => {
    const shown = all.filter((text) => states[text] === lit);
    if (key === "Enter" && shown.length > 0) camera.show(boxAround(positions, shown));
  });
  addEventListener("keydown", (event) => {
    if (isOfBrowser(event)) return;
    if (event.key === "/" && document.activeElement !== query) {
      event.preventDefault();
      query.select();
    } else if (event.key === "Escape") {
      if (pinned !== undefined) pin(undefined);
      else if (query.value !== "") ask("");
      else if (focused !== undefined) focus(undefined);
    }
  });
  const onClick = (id: string, act: () => void) => byId(id).addEventListener("click", act);
  onClick("clear", () => {
    ask("");
    query.focus();
  });
  onClick("unpin", () => pin(undefined));
  onClick("zoom-in", () => camera.zoomBy(2));
  onClick("zoom-out", () => camera.zoomBy(1 / 2));
  onClick("fit", () => (focused === undefined ? camera.showAll() : focus(undefined)));
  onClick("toggle", () => openList(!byId("panel").classList.contains("open")));
  addEventListener("resize", () => scene.resize());
  addEventListener("hashchange", follow);

  scene.resize();
  follow();
  document.body.classList.add("ready");
}
