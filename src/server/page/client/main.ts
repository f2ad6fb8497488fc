/** The script of the search page: asks the server what there is, sends searches, shows passages. */

import { byId, element } from "../../../report/client/elements.ts";
import { Api, type Contents, Refusal } from "./api.ts";
import { Filters } from "./filters.ts";
import { moveFocus, showHits } from "./hits.ts";

const api = new Api();
const filters = new Filters();
const query = byId<HTMLInputElement>("query");
const select = (id: string) => byId<HTMLSelectElement>(id);
let contents: Contents = { indexes: [], rerankers: [] };
let running = new AbortController();

async function start(): Promise<void> {
  try {
    contents = await api.contents();
  } catch (error) {
    showError(error);
    return;
  }
  byId("key-choice").hidden = true;
  select("index").replaceChildren(...contents.indexes.map(({ name }) => element("option", {}, name)));
  byId("index-choice").hidden = contents.indexes.length < 2;
  byId("rerank-choice").hidden = contents.rerankers.length === 0;
  followLink();
  describeIndex();
  document.body.classList.add("ready");
  if (query.value !== "") await search();
}

/** The index that is chosen, its size, and its fields. */
function describeIndex(): void {
  const index = contents.indexes.find(({ name }) => name === select("index").value);
  if (index === undefined) return;
  document.title = `${index.name} – Search`;
  filters.fields = index.fields;
  byId("status").textContent = passages(index.passages);
}

function followLink(): void {
  const link = new URLSearchParams(location.hash.slice(1));
  query.value = link.get("q") ?? "";
  const index = link.get("index");
  if (index !== null && contents.indexes.some(({ name }) => name === index)) select("index").value = index;
}

function keepLink(): void {
  const isOne = contents.indexes.length < 2;
  const link = new URLSearchParams({ q: query.value, ...(isOne ? {} : { index: select("index").value }) });
  history.replaceState(null, "", query.value === "" ? location.pathname : `#${link}`);
}

async function search(): Promise<void> {
  running.abort();
  running = new AbortController();
  const { signal } = running;
  const text = query.value.trim();
  keepLink();
  byId("error").hidden = true;
  if (text === "") {
    showHits([], "");
    describeIndex();
    return;
  }
  const started = performance.now();
  byId("status").textContent = "Searching…";
  try {
    const hits = await api.search(
      {
        query: text,
        index: select("index").value,
        mode: select("mode").value,
        top_k: Number(select("top").value),
        filter: filters.filter,
        rerank: byId<HTMLInputElement>("rerank").checked,
      },
      signal,
    );
    if (signal.aborted) return;
    const took = Math.round(performance.now() - started);
    byId("status").textContent = hits.length === 0 ? "Nothing found" : `${passages(hits.length)}, ${took} ms`;
    showHits(hits, select("mode").value === "vector" ? "" : text);
  } catch (error) {
    if (!signal.aborted) showError(error);
  }
}

function showError(error: unknown): void {
  byId("status").textContent = "";
  showHits([], "");
  const needsKey = error instanceof Refusal && error.status === 401;
  if (needsKey) {
    byId("key-choice").hidden = false;
    byId("key").focus();
    if (api.key === "") return;
  }
  const alert = byId("error");
  alert.hidden = false;
  alert.textContent = error instanceof Refusal ? error.message : "The server can't be reached.";
}

function passages(count: number): string {
  return `${count.toLocaleString("en-US")} passage${count === 1 ? "" : "s"}`;
}

async function useKey(): Promise<void> {
  api.key = byId<HTMLInputElement>("key").value.trim();
  byId("error").hidden = true;
  await start();
  if (byId("key-choice").hidden) query.focus();
}

function onKey(event: KeyboardEvent): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { target, key } = event;
  const isField = target instanceof HTMLInputElement || target instanceof HTMLSelectElement;
  if (key === "/" && !isField) query.select();
  else if (key === "Escape" && target !== query) query.focus();
  else if ((key === "ArrowDown" || key === "ArrowUp") && (!isField || target === query)) {
    if (!moveFocus(key === "ArrowDown" ? 1 : -1)) return;
  } else return;
  event.preventDefault();
}

byId("form").addEventListener("submit", (event) => {
  event.preventDefault();
  void search();
});
for (const id of ["mode", "top", "rerank"]) byId(id).addEventListener("change", () => void search());
byId("index").addEventListener("change", () => {
  describeIndex();
  void search();
});
byId("add-filter").addEventListener("click", () => filters.add());
byId("use-key").addEventListener("click", () => void useKey());
byId("key").addEventListener("keydown", (event) => {
  if (event.key !== "Enter") return;
  event.preventDefault();
  void useKey();
});
addEventListener("keydown", onKey);
addEventListener("hashchange", () => {
  followLink();
  void search();
});
void start();
