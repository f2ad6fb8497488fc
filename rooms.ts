/**
 * The rooms of src/ and what each may import of the others: the one list of it. A room is a folder, or a file beside the
 * folders. `test/architecture.test.ts` holds every file to it, type imports included.
 */

/** Everyone may import them. They import nothing but each other. */
export const commons: readonly string[] = ["common", "errors.ts", "random.ts"];

export const rooms: Readonly<Record<string, readonly string[]>> = {
  common: [],
  "errors.ts": [],
  "random.ts": [],
  files: [],
  storage: ["files"],
  tensor: [],
  wasm: [],
  texts: [],
  report: [],
  tokenizer: [],
  formats: ["tensor"],
  hub: ["files", "formats"],
  graph: ["formats", "tensor"],
  runtime: ["files", "tensor"],
  modules: ["formats", "graph", "hub", "tensor"],
  similarity: ["tensor"],
  encode: ["graph", "hub", "modules", "runtime", "similarity", "tensor", "tokenizer"],
  "cross-encoder": ["encode", "graph", "hub", "modules", "runtime", "tensor", "tokenizer"],
  search: ["graph", "runtime", "similarity", "tensor", "wasm"],
  "sparse-encoder": ["encode", "hub", "modules", "search", "similarity", "tensor"],
  cluster: ["search", "similarity", "tensor"],
  "passage-index": ["cross-encoder", "encode", "files", "hub", "jobs", "search", "similarity", "tensor", "texts"],
  map: ["cluster", "report", "search", "similarity", "tensor"],
  evaluation: ["cluster", "encode", "files", "report", "search", "similarity", "tensor", "texts", "wasm"],
  server: ["cross-encoder", "encode", "passage-index", "report", "similarity", "sparse-encoder", "tensor"],
  jobs: ["distillation", "encode", "files", "hub", "passage-index", "similarity", "storage", "tensor", "texts"],
  adapters: ["cross-encoder", "encode", "passage-index", "search", "tensor"],
  autodiff: ["graph"],
  training: [
    ...["autodiff", "encode", "files", "formats", "graph", "hub", "modules", "report"],
    ...["runtime", "tensor", "texts", "tokenizer", "wasm"],
  ],
  publishing: ["files", "hub", "modules", "training"],
  distillation: [
    ...[
      "encode",
      "files",
      "formats",
      "graph",
      "hub",
      "jobs",
      "modules",
      "publishing",
      "runtime",
      "storage",
      "tensor",
      "texts",
      "training",
    ],
  ],
  "fine-tuning": [
    ...["cross-encoder", "encode", "evaluation", "graph", "hub", "modules"],
    ...["publishing", "tokenizer", "training"],
  ],
  merging: ["cross-encoder", "files", "hub", "publishing", "tensor", "training"],
  quantization: ["encode", "files", "formats", "graph", "hub", "modules", "runtime", "tensor", "training"],
  rotation: [
    ...["autodiff", "cross-encoder", "distillation", "encode", "files", "graph", "hub", "modules"],
    ...["publishing", "runtime", "search", "tensor", "training"],
  ],
  mining: ["cross-encoder", "encode", "files", "search", "similarity", "tensor", "training"],
  "train.ts": ["distillation", "fine-tuning", "merging", "mining", "rotation", "training"],
  browser: ["encode", "hub", "index.ts", "tensor"],
  "index.ts": ["encode", "hub", "modules", "similarity", "tensor"],
  cli: [
    "adapters",
    "cluster",
    "cross-encoder",
    "evaluation",
    "files",
    "passage-index",
    "index.ts",
    "jobs",
    "map",
    "quantization",
    "server",
    "sparse-encoder",
    "storage",
    "tensor",
    "texts",
    "train.ts",
  ],
};

/** Public entries that also run in browsers: nothing that they reach may import a module of Node. */
export const browserEntries: readonly string[] = [
  "index.ts",
  "search/index.ts",
  "cluster/index.ts",
  "cross-encoder/index.ts",
  "sparse-encoder/index.ts",
  "browser/index.ts",
  "browser/model-worker.ts",
];
