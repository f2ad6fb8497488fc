/** The script of a map's page: shows the data that the page holds, and listens to the reader. */
import { byId } from "../../../report/client/elements.ts";
import { isShortcutOfBrowser, listenForGestures } from "./gestures.ts";
import { MapPage } from "./map-page.ts";
import { unpack } from "./unpack.ts";

async function start(): Promise<void> {
  const page = new MapPage(await unpack(byId("data").textContent));
  listenForGestures(byId("surface"), page.camera, page);
  listenToSearch(page);
  listenToButtons(page);
  addEventListener("resize", () => page.resize());
  addEventListener("hashchange", () => page.followLink());
  page.resize();
  page.followLink();
  document.body.classList.add("ready");
}

function listenToSearch(page: MapPage): void {
  const query = byId<HTMLInputElement>("query");
  query.addEventListener("input", () => page.search(query.value));
  query.addEventListener("keydown", ({ key }) => {
    if (key === "Enter") page.showFound();
  });
  addEventListener("keydown", (event) => {
    if (isShortcutOfBrowser(event)) return;
    if (event.key === "Escape") page.back();
    if (event.key !== "/" || document.activeElement === query) return;
    event.preventDefault();
    query.select();
  });
  byId("clear").addEventListener("click", () => {
    page.search("");
    query.focus();
  });
}

function listenToButtons(page: MapPage): void {
  const actions: Readonly<Record<string, () => void>> = {
    unpin: () => page.pin(undefined),
    "zoom-in": () => page.camera.zoomBy(2),
    "zoom-out": () => page.camera.zoomBy(1 / 2),
    fit: () => page.showAll(),
    toggle: () => page.toggleList(),
  };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener("click", action);
}

start().catch((error: Error) => {
  const textContent = `The map can't be shown: ${error.message}`;
  document.body.append(Object.assign(document.createElement("p"), { id: "failure", textContent }));
  throw error;
});
