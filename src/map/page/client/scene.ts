/** Draws the map: points, names, rings. At most once a frame, and only after a change. */
import type { OwnBytes } from "../../../common/own-bytes.ts";
import { byId } from "../../../report/client/elements.ts";
import { hues } from "../hues.ts";
import type { MapData } from "../map-data.ts";
import type { Camera } from "./camera.ts";
import { canvasPainter } from "./canvas-points.ts";
import { Labels } from "./labels.ts";
import { Overlay } from "./overlay.ts";
import type { PointPainter } from "./point-painter.ts";
import type { Selection } from "./selection.ts";
import type { Position } from "./viewport.ts";
import { webglPainter } from "./webgl-points.ts";

/** Pixels of a point: the more points the smaller. */
const smallestPoint = 1.3;
const largestPoint = 4.2;
const largestZoomed = 9;

export class Scene {
  readonly #surface = byId<HTMLCanvasElement>("surface");
  readonly #context = this.#surface.getContext("2d")!;
  readonly #darkness = matchMedia("(prefers-color-scheme: dark)");
  readonly #painter: PointPainter;
  readonly #labels: Labels;
  readonly #overlay: Overlay;
  readonly #camera: Camera;
  readonly #selection: Selection;
  readonly #hueOf: readonly number[];
  readonly #pointSize: number;
  #ratio = 1;
  #isWaiting = false;

  /** @param hueOf the hue of each cluster */
  constructor(data: MapData, hueOf: readonly number[], camera: Camera, selection: Selection) {
    const { positions, topicOf, topics, texts } = data;
    const canvas = byId<HTMLCanvasElement>("points");
    this.#painter = webglPainter(canvas, positions) ?? canvasPainter(canvas, positions);
    this.#painter.setHues(Uint8Array.from(topicOf, (topic) => hueOf[topics[topic]!.cluster]!));
    this.#labels = new Labels(this.#context, data);
    this.#overlay = new Overlay(this.#context, data);
    this.#camera = camera;
    this.#selection = selection;
    this.#hueOf = hueOf;
    this.#pointSize = Math.min(largestPoint, Math.max(smallestPoint, 300 / Math.sqrt(texts.length)));
    this.#darkness.addEventListener("change", () => this.redraw());
  }

  setStates(states: OwnBytes): void {
    this.#painter.setStates(states);
    this.redraw();
  }

  resize(): void {
    this.#ratio = Math.min(devicePixelRatio, 3);
    for (const canvas of document.querySelectorAll("canvas")) {
      canvas.width = Math.round(innerWidth * this.#ratio);
      canvas.height = Math.round(innerHeight * this.#ratio);
    }
    this.#camera.resize({ width: innerWidth, height: innerHeight });
  }

  redraw(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    requestAnimationFrame((now) => this.#draw(now));
  }

  /** The cluster whose name is at a position of the screen. */
  labelAt(position: Position): number | undefined {
    return this.#labels.at(position);
  }

  #draw(now: number): void {
    this.#isWaiting = false;
    const isGliding = this.#camera.advance(now);
    const { view, size, zoom } = this.#camera;
    const found = this.#selection.matches?.length ?? 0;
    const isDark = this.#darkness.matches;
    const colors = isDark ? hues.dark : hues.light;
    const { color: ink, backgroundColor: halo } = getComputedStyle(document.body);
    const quiet = getComputedStyle(byId("summary")).color;
    const radius = Math.min(largestZoomed, this.#pointSize * Math.max(0.7, zoom) ** 0.36);
    this.#painter.draw({
      view,
      size,
      ratio: this.#ratio,
      radius,
      // Few points are hard to see.
      litRadius: Math.max(1.4 * radius, found > 5000 ? 2 : found > 500 ? 2.7 : 3.5),
      colors,
      quiet: isDark ? "#8b93a1" : "#8a919c",
      opacity: Math.min(0.9, 0.55 + 0.12 * Math.log2(Math.max(1, zoom))),
      quietOpacity: 0.21,
    });
    const context = this.#context;
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    context.clearRect(0, 0, size.width, size.height);
    const clusters = this.#hueOf.map((hue) => colors[hue]!);
    const isFading = this.#labels.draw(now, this.#camera, { ink, halo, quiet, clusters }, (cluster) =>
      this.#selection.isNamed(cluster),
    );
    this.#overlay.draw(this.#camera, this.#selection, { ink, halo, clusters, radius });
    if (isGliding || isFading) this.redraw();
  }
}
