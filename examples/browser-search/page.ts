/** The page: loads the model in a worker, and shows the texts that are nearest to what is typed. */
import { createWorkerModel } from "hpd/browser";

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const input = element<HTMLInputElement>("query");
const state = element("state");
const list = element("results");

const started = performance.now();
const [model, texts, numbers] = await Promise.all([
  createWorkerModel("./model/", {
    createWorker: () => new Worker("./model-worker.js", { type: "module" }),
    onProgress: ({ file, done, total }) => {
      state.textContent = `${file}: ${Math.round((100 * done) / total)} %`;
    },
  }),
  fetch("./texts.json").then((response) => response.json() as Promise<string[]>),
  fetch("./embeddings.bin").then(async (response) => new Float32Array(await response.arrayBuffer())),
]);
await model.encodeQuery("first");
state.textContent = `${texts.length} texts; ready after ${Math.round(performance.now() - started)} ms`;
input.disabled = false;
input.focus();

/** Embeddings have length 1, so that the cosine is the sum of products. */
function nearest(query: Float32Array, count: number): { text: string; score: number }[] {
  const scored = texts.map((text, row) => {
    let score = 0;
    for (let at = 0; at < query.length; at++) score += query[at]! * numbers[row * query.length + at]!;
    return { text, score };
  });
  return scored.sort((a, b) => b.score - a.score).slice(0, count);
}

let latest = 0;
input.addEventListener("input", async () => {
  const asked = ++latest;
  const began = performance.now();
  const query = await model.encodeQuery(input.value, { normalizeEmbeddings: true });
  // A later query was typed meanwhile.
  if (asked !== latest) return;
  list.replaceChildren(
    ...nearest(query, 10).map(({ text, score }) => {
      const item = document.createElement("li");
      item.textContent = `${score.toFixed(2)}  ${text}`;
      return item;
    }),
  );
  state.textContent = `${Math.round(performance.now() - began)} ms`;
});
