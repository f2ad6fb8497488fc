/**
 * What JavaScript lets through: every public function and class is called with a first argument that TypeScript refuses.
 * It ends in an HpdError, never in "Cannot read properties of undefined", and nothing goes on as if all were well.
 */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { HpdError } from "../../src/errors.ts";

const { exports } = JSON.parse(await readFile(new URL("../../package.json", import.meta.url), "utf8"));

/** Results of other functions are what these take, or parts of them that nobody makes by hand; some need nothing. */
const others = new Set([
  ...[". HpdError", ". defaultModel", "./cluster streamNearDuplicates", "./map classTfIdf", "./map umap"],
  ...["EmbeddedTexts", "LogisticRegression", "evaluateEmbedded", "htmlReport", "markdownReport", "textReport"].map(
    (name) => `./evaluation ${name}`,
  ),
  ...["modelEncode", "mtebResults", "selectTasks"].map((name) => `./evaluation ${name}`),
  ...["beirTask", "classificationTask", "clusteringTask", "pairsTask", "stsFileTask"].map(
    (name) => `./evaluation ${name}`,
  ),
  "./train pairColumnsOf",
  ...["openWork", "verifyWork", "workOnQueue", "workStatus"].map((name) => `./jobs ${name}`),
]);

/** Classes that `load` and `open` make: their constructors are private. */
const made = new Set([". SentenceTransformer", "./cross-encoder CrossEncoder", "./passage-index PassageIndex"]);

/** The functions of losses have options alone. */
const takesNothing = (entry: string, value: unknown) =>
  entry === "./train" && (value as { length: number }).length === 0;

const cases: [name: string, call: (argument: unknown) => unknown][] = [];
for (const [entry, { default: all, node = all }] of Object.entries<{ default?: string; node?: string }>(exports)) {
  if (node === undefined || /browser|worker/.test(entry)) continue;
  const source = node.replace("./dist/", "../../src/").replace(/\.js$/, ".ts");
  const module: Record<string, unknown> = await import(new URL(source, import.meta.url).href);
  for (const [name, value] of Object.entries(module)) {
    const full = `${entry} ${name}`;
    if (typeof value !== "function" || others.has(full) || made.has(full) || takesNothing(entry, value)) continue;
    const isClass = /^class\b/.test(String(value));
    cases.push([full, (argument) => (isClass ? Reflect.construct(value, [argument]) : value(argument))]);
  }
}

test.each(cases)("%s", async (_, call) => {
  for (const argument of [undefined, null, 5, "a text", {}]) {
    const outcome = await (async () => call(argument))().then(
      () => "went on",
      (error: unknown) => (error instanceof HpdError ? error.code : String(error)),
    );
    // A text may be a path, or an id of the hub.
    expect([outcome, argument]).toEqual([expect.stringMatching(/^(invalid_argument|not_found)$/), argument]);
  }
});
