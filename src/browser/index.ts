/** The entry `hpd/browser`: a model in a Web Worker of its own, so that the page stays free. */

export { createWorkerModel, type WorkerModel, type WorkerModelOptions } from "./worker-model.ts";
