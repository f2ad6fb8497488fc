/** The program of the worker of `createWorkerModel`, `hpd/browser-worker`: loads one model and answers a page. */
import { HpdError } from "../errors.ts";
import { SentenceTransformer } from "../index.ts";
import type { Answer, Asked } from "./messages.ts";

// The types of pages, which the compiler has, know no worker's own `postMessage`.
const scope = globalThis as unknown as {
  postMessage(message: Answer, transfer?: Transferable[]): void;
  onmessage: (event: { data: Asked }) => void;
};

let loading: Promise<SentenceTransformer> | undefined;

async function answer(asked: Asked): Promise<void> {
  const { id } = asked;
  try {
    if (asked.type === "load") {
      loading = SentenceTransformer.load(asked.model, {
        ...asked.options,
        onProgress: ({ file, done, total }) => {
          scope.postMessage({ id, type: "progress", progress: { file, done, total } });
        },
        onWarning: (message) => scope.postMessage({ id, type: "warning", message }),
      });
      scope.postMessage({ id, type: "loaded", dimension: (await loading).dimension });
      return;
    }
    const { data, count, dimension } = await (await loading!)[asked.type](asked.texts, asked.options);
    const own = new Float32Array(data);
    scope.postMessage({ id, type: "vectors", vectors: { data: own, count, dimension } }, [own.buffer]);
  } catch (error) {
    const code = error instanceof HpdError ? error.code : "runtime";
    scope.postMessage({ id, type: "failed", code, message: error instanceof Error ? error.message : String(error) });
  }
}

scope.onmessage = ({ data }) => void answer(data);
