/**
 * Test files that share processes: to start one takes longer than most of them. They are those that leave nothing in it, as
 * `shared-tests.test.ts` says; what they import keeps next to nothing.
 */
const files: Readonly<Record<string, readonly string[]>> = {
  ".": ["architecture", "doc-comments", "random"],
  adapters: ["ai-sdk", "llamaindex"],
  bench: ["results"],
  browser: ["worker-model"],
  cli: ["distill-settings"],
  cluster: ["agglomerative-clustering", "community-detection", "near-duplicates"],
  common: ["json", "options", "printable", "redact", "until-aborted", "yielder"],
  "cross-encoder": ["cross-encoder", "gold", "tokenized"],
  distillation: ["card"],
  "distillation/augmentation": ["wordnet"],
  "distillation/corpus": ["hash-index"],
  "distillation/projection": ["projection"],
  docs: ["command-lines"],
  encode: ["beyond-embeddings", "encode-stream", "encode", "not-finite", "router", "tokenized", "without-tokens"],
  evaluation: [
    ...["correlation", "embedded-texts", "evaluators", "intervals", "metrics", "model-encode"],
    ...["probe-evaluators", "probes", "quora", "tasks"],
  ],
  files: ["package-file", "write-fully"],
  "fine-tuning/cross-encoder": ["gold", "pairs"],
  formats: ["fuzz", "gold", "pickle", "safetensors", "sharded", "tensor-bytes", "torch-checkpoint", "zip"],
  graph: ["attention", "int8-weights", "passes", "relative-position"],
  hub: ["model-id", "select-files"],
  jobs: ["inputs", "parquet"],
  map: ["density-clusters", "umap", "words"],
  modules: ["load", "parameters", "save", "version-specifier"],
  package: ["public-names", "public-options"],
  "passage-index": ["committer", "description", "filter", "front-matter", "fuse"],
  "publishing/card": ["origins"],
  quantization: ["round-product"],
  runtime: ["plan"],
  search: ["blocks", "maximal-marginal-relevance", "paraphrase-mining", "quantized-search", "score-kernel"],
  server: ["request-queue"],
  similarity: ["similarity"],
  texts: ["input", "json", "parquet", "tables"],
  tokenizer: ["build-tokenizer", "gold", "settings", "word-models", "wrong-types"],
  tools: ["fingerprint"],
  "training/learner": ["architectures", "dropout", "micro-batches", "objectives"],
  "training/loop": ["label-order", "sampling", "schedule"],
  "training/losses": ["classified-losses", "guided-losses", "losses", "pair-losses"],
  "training/optimizer": ["adamw", "kernels", "skipped-steps"],
  "training/report": ["report"],
  "training/run": ["check-numbers"],
  "training/tuning": ["lora", "tuning"],
  wasm: ["instructions"],
};

/** From the root of the repository. */
export const sharedTests: string[] = Object.entries(files).flatMap(([folder, names]) =>
  names.map((name) => `test/${folder === "." ? "" : `${folder}/`}${name}.test.ts`),
);
