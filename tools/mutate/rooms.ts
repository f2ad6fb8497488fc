/** What is mutated, a name each, and the tests that should notice: those of the room, not all that happen to pass through it. */
export interface Room {
  readonly sources: readonly string[];
  /** In the order in which they run: the first one that notices ends a mutant's run, so quick ones stand before slow ones. */
  readonly tests: readonly string[];
}

export const rooms: Readonly<Record<string, Room>> = {
  formats: { sources: ["src/formats/**/*.ts"], tests: ["test/formats/**/*.test.ts"] },
  graph: {
    sources: ["src/graph/**/*.ts"],
    tests: ["test/graph/**/*.test.ts", "test/autodiff/**/*.test.ts"],
  },
  autodiff: { sources: ["src/autodiff/**/*.ts"], tests: ["test/autodiff/**/*.test.ts"] },
  // How long it takes is none of these tests' business.
  tokenizer: {
    sources: ["src/tokenizer/**/*.ts"],
    tests: [
      "test/encode/word-embeddings.test.ts",
      ...["sections", "word-models", "split", "build-tokenizer", "wrong-types", "gold", "settings"].map(
        (name) => `test/tokenizer/${name}.test.ts`,
      ),
    ],
  },
  metrics: {
    sources: ["src/evaluation/metrics/**/*.ts"],
    tests: ["correlation", "degenerate", "evaluators", "metrics"].map((name) => `test/evaluation/${name}.test.ts`),
  },
  search: { sources: ["src/search/**/*.ts"], tests: ["test/search/**/*.test.ts"] },
  filters: { sources: ["src/passage-index/filter.ts"], tests: ["test/passage-index/filter.test.ts"] },
  scheduler: {
    sources: ["src/encode/scheduler.ts", "src/encode/scheduled-call.ts"],
    tests: ["test/encode/scheduler.test.ts"],
  },
  optimizer: { sources: ["src/training/optimizer/**/*.ts"], tests: ["test/training/optimizer/**/*.test.ts"] },
};
