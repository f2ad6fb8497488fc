/** The map's page: puts its parts together, keeps what is seen, picked and asked for, and draws when something changed. */
import { canvasPainter } from "./canvas-points.ts";
import { hueOfEach, hues } from "./colors.ts";
import { showDetail } from "./detail.ts";
import { byId } from "./elements.ts";
import { listenForGestures } from "./gestures.ts";
import { Labels } from "./labels.ts";
import { readLink, writeLink } from "./link.ts";
import { Overlay } from "./overlay.ts";
import { Panel } from "./panel.ts";
import { unpack } from "./payload.ts";
import { PointGrid } from "./point-grid.ts";
import { faint, lit, plain } from "./point-painter.ts";
import { TextSearch } from "./text-search.ts";
import { type Box, between, boxAround, fitted, type Insets, toMap, type Viewport } from "./viewport.ts";
import { webglPainter } from "./webgl-points.ts";

const glideMilliseconds = 550;
/** The farthest one can zoom in, and out, from where the whole map is seen. */
const zoomRange = [0.4, 400] as const;
/** Pixels around a point that count as on it. */
const reach = 10;

/** @param zipped the payload, as `unpack` takes it */
export async function start(zipped: string): Promise<void> {
  const data = await unpack(zipped);
  const { texts, positions, topicOf, topics, clusters } = data;
  const count = texts.length;
  const clusterOf = Uint16Array.from(topicOf, (topic) => topics[topic]!.cluster);
  const hueOf = hueOfEach(clusters.map(({ peak }) => peak));
  const all = Uint32Array.from({ length: count }, (_, text) => text);
  const grid = new PointGrid(positions);
  const search = new TextSearch(texts);

  const canvas = byId<HTMLCanvasElement>("points");
  const surface = byId<HTMLCanvasElement>("surface");
  const query = byId<HTMLInputElement>("query");
  const painter = webglPainter(canvas, positions) ?? canvasPainter(canvas, positions);
  painter.setHues(Uint8Array.from(clusterOf, (cluster) => hueOf[cluster]!));
  const context = surface.getContext("2d")!;
  const isNarrow = () => innerWidth < 720;
  const labels = new Labels(context, data, isNarrow);
  const overlay = new Overlay(context, data);
  const darkness = matchMedia("(prefers-color-scheme: dark)");
  const stillness = matchMedia("(prefers-reduced-motion: reduce)");
  const palette = () => (darkness.matches ? hues.dark : hues.light);

  const states = new Uint8Array(count);
  let size = { width: 1, height: 1 };
  let ratio = 1;
  let view: Viewport = { x: 32_768, y: 32_768, scale: 0.01 };
  let glide: { from: Viewport; to: Viewport; start: number } | undefined;
  let matches: Uint32Array | undefined;
  let focused: number | undefined;
  let hovered: number | undefined;
  let pinned: number | undefined;
  let isDrawing = false;

  const panel = new Panel(data, (cluster) => `var(--hue${hueOf[cluster]})`, {
    focus,
    pin,
    hover: (text) => {
      hovered = text;
      redraw();
    },
  });

  // What the panel and the card leave free.
  const insets = (): Insets =>
    isNarrow()
      ? { left: 24, right: 24, top: 150, bottom: pinned === undefined ? 50 : size.height * 0.42 }
      : { left: 372, right: pinned === undefined ? 50 : 380, top: 40, bottom: 40 };
  const fitBox = (box: Box, largest = Number.POSITIVE_INFINITY) => fitted(box, size, insets(), largest);
  const wholeScale = () => fitBox(boxAround(positions, all, 0)).scale;
  const clamp = (scale: number) => Math.min(zoomRange[1] * wholeScale(), Math.max(zoomRange[0] * wholeScale(), scale));

  function moveTo(next: Viewport): void {
    glide = stillness.matches ? undefined : { from: view, to: next, start: performance.now() };
    if (glide === undefined) view = next;
    redraw();
  }

  function fitAll(): void {
    moveTo(fitBox(boxAround(positions, all, 0)));
  }

  /** To most of these texts, not nearer than where few are seen. */
  function zoomTo(texts: Uint32Array): void {
    moveTo(fitBox(boxAround(positions, texts), 30 * wholeScale()));
  }

  function redraw(): void {
    if (isDrawing) return;
    isDrawing = true;
    requestAnimationFrame(draw);
  }

  function draw(now: number): void {
    isDrawing = false;
    if (glide) {
      const part = Math.min(1, Math.max(0, (now - glide.start) / glideMilliseconds));
      view = between(glide.from, glide.to, 1 - (1 - part) ** 3);
      if (part === 1) glide = undefined;
    }
    const colors = palette();
    const { color: ink, backgroundColor: halo } = getComputedStyle(document.body);
    const quiet = getComputedStyle(byId("summary")).color;
    const zoom = view.scale / wholeScale();
    const base = Math.min(4.2, Math.max(1.05, 240 / Math.sqrt(count) ** 1.02)) * (isNarrow() ? 0.75 : 1);
    const radius = Math.min(9, base * Math.max(0.7, zoom) ** 0.36);
    painter.draw({
      view,
      size,
      ratio,
      radius,
      colors,
      quiet: darkness.matches ? "#8b93a1" : "#8a919c",
      opacity: Math.min(0.9, 0.55 + 0.12 * Math.log2(Math.max(1, zoom))),
      quietOpacity: darkness.matches ? 0.2 : 0.22,
    });
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const clusterColors = clusters.map((_, cluster) => colors[hueOf[cluster]!]!);
    const isFading = labels.draw(view, size, zoom, { ink, halo, quiet, clusters: clusterColors }, focused);
    overlay.draw(view, size, radius, { hovered, pinned }, { ink, halo, clusters: clusterColors });
    if (glide || isFading) redraw();
  }

  function applyStates(): void {
    const isAsked = matches !== undefined;
    for (let text = 0; text < count; text++) {
      const isInside = focused === undefined || clusterOf[text] === focused;
      states[text] = isInside && !isAsked ? plain : faint;
    }
    for (const text of matches ?? []) if (focused === undefined || clusterOf[text] === focused) states[text] = lit;
    painter.setStates(states);
    redraw();
  }

  function update(): void {
    applyStates();
    panel.show(matches, focused);
    writeLink({ query: query.value, cluster: focused, text: pinned });
  }

  function focus(cluster: number | undefined): void {
    focused = cluster;
    update();
    if (cluster === undefined) fitAll();
    else zoomTo(all.filter((text) => clusterOf[text] === cluster));
    byId("list").querySelector('[aria-pressed="true"]')?.scrollIntoView({ block: "nearest" });
  }

  function ask(): void {
    matches = search.matches(query.value);
    byId("clear").hidden = query.value === "";
    update();
  }

  function pin(text: number | undefined): void {
    pinned = text;
    hovered = undefined;
    showTip();
    showDetail(data, panel, text);
    writeLink({ query: query.value, cluster: focused, text: pinned });
    if (text !== undefined) bringIntoView(text);
    redraw();
  }

  /** Not moved where it is seen already. */
  function bringIntoView(text: number): void {
    const [x, y] = [positions[2 * text]!, positions[2 * text + 1]!];
    const free = insets();
    const low = toMap(view, size, free.left, free.top);
    const high = toMap(view, size, size.width - free.right, size.height - free.bottom);
    if (x > low.x && x < high.x && y > low.y && y < high.y) return;
    moveTo(fitted({ left: x, right: x, top: y, bottom: y }, size, free, Math.max(view.scale, 2 * wholeScale())));
  }

  function pointAt(x: number, y: number): number | undefined {
    const place = toMap(view, size, x, y);
    return grid.nearest(place.x, place.y, reach / view.scale, (text) => states[text] !== faint);
  }

  function showTip(x = 0, y = 0): void {
    const tip = byId("tip");
    tip.hidden = hovered === undefined;
    if (hovered === undefined) return;
    tip.textContent = texts[hovered] === "" ? "(empty)" : texts[hovered]!;
    const { width, height } = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(x + 14, size.width - width - 8))}px`;
    tip.style.top = `${y + 18 + height > size.height ? Math.max(8, y - height - 12) : y + 18}px`;
  }

  function resize(): void {
    const middle = size;
    size = { width: innerWidth, height: innerHeight };
    ratio = Math.min(devicePixelRatio, 3);
    for (const each of [canvas, surface]) {
      each.width = Math.round(size.width * ratio);
      each.height = Math.round(size.height * ratio);
    }
    if (middle.width === 1) view = fitBox(boxAround(positions, all, 0));
    redraw();
  }

  listenForGestures(surface, {
    view: () => view,
    size: () => size,
    set: (next) => {
      glide = undefined;
      hovered = undefined;
      showTip();
      view = next;
      redraw();
    },
    glide: moveTo,
    clamp,
    fit: fitAll,
    hover: (x, y) => {
      const before = hovered;
      hovered = pointAt(x, y);
      showTip(x, y);
      surface.style.cursor = hovered === undefined && labels.at(x, y) === undefined ? "grab" : "pointer";
      if (before !== hovered) redraw();
    },
    leave: () => {
      hovered = undefined;
      showTip();
      redraw();
    },
    click: (x, y) => {
      const text = pointAt(x, y);
      const cluster = labels.at(x, y);
      if (cluster !== undefined && cluster !== focused) focus(cluster);
      else if (text !== undefined) pin(text);
      else if (pinned !== undefined) pin(undefined);
      else if (focused !== undefined) focus(undefined);
    },
  });
  addEventListener("resize", resize);
  darkness.addEventListener("change", redraw);
  query.addEventListener("input", ask);
  query.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && matches && matches.length > 0) {
      zoomTo(matches);
    }
  });
  byId("clear").addEventListener("click", () => {
    query.value = "";
    ask();
    query.focus();
  });
  byId("unpin").addEventListener("click", () => pin(undefined));
  const zoomBy = (factor: number) => moveTo({ ...view, scale: clamp(view.scale * factor) });
  byId("zoom-in").addEventListener("click", () => zoomBy(2));
  byId("zoom-out").addEventListener("click", () => zoomBy(1 / 2));
  byId("fit").addEventListener("click", () => (focused === undefined ? fitAll() : focus(undefined)));
  byId("toggle").addEventListener("click", () => {
    const isOpen = byId("panel").classList.toggle("open");
    byId("toggle").setAttribute("aria-expanded", String(isOpen));
  });
  addEventListener("keydown", (event) => {
    if (event.key === "/" && document.activeElement !== query) {
      event.preventDefault();
      query.focus();
      query.select();
    }
    if (event.key !== "Escape") return;
    if (pinned !== undefined) pin(undefined);
    else if (query.value !== "") {
      query.value = "";
      ask();
    } else if (focused !== undefined) focus(undefined);
  });

  resize();
  const link = readLink(count, clusters.length);
  query.value = link.query;
  focused = link.cluster;
  ask();
  if (focused !== undefined) focus(focused);
  if (link.text !== undefined) pin(link.text);
  document.body.classList.add("ready");
}
