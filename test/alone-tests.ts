/**
 * Test files that have a process each. All others share processes: to start one takes longer than most of them. Alone are
 * those that leave something in it (`shared-tests.test.ts`), that are about processes, their memory or time, or start
 * many, and those that take much memory or time.
 */
const files: Readonly<Record<string, readonly string[]>> = {
  ".": ["fuzz", "growth", "shared-tests"],
  adapters: ["mcp"],
  cli: ["encode-outputs", "serve", "work"],
  common: ["draw-texts", "public-arguments"],
  docs: ["examples", "links", "pages", "schedulers"],
  encode: ["all-minilm", "config-keys", "gold-models", "scheduler"],
  hub: ["fuzz-hub"],
  jobs: ["memory"],
  "jobs/queue": ["address", "distill", "kill", "queue"],
  kill: ["kill"],
  package: ["bundle", "package", "serverless"],
  "passage-index": [...["build", "chunk", "documents", "kill", "lance-store", "pages", "postgres-store", "s3-store"]],
  runtime: ["idle-workers", "process-exit", "session", "single-text", "telemetry", "thread", "user-worker"],
  server: ["listen", "memory"],
  storage: ["s3", "s3-silence", "web"],
  tensor: ["convert"],
  tokenizer: ["growth", "split"],
  "training/learner": ["memory"],
};

/** From the root of the repository. */
export const aloneTests: string[] = Object.entries(files).flatMap(([folder, names]) =>
  names.map((name) => `test/${folder === "." ? "" : `${folder}/`}${name}.test.ts`),
);
