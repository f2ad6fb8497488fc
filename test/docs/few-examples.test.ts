/** The program of docs/few-examples.md, run as it stands there on a few made-up texts and with a tiny model. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { Random } from "../../src/random.ts";
import { fixture } from "../encode/model-folder.ts";

const root = new URL("../../", import.meta.url);

/** Words that the tiny model knows, a few for each intent, in random order. */
const wordsOf = {
  walk_dog: ["dog", "run", "park", "the", "in"],
  sleep: ["sleep", "lazy", "fox", "and", "man"],
  cook: ["onion", "slicing", "large", "woman", "of"],
};

/** Lines of a CSV file. A comma in a text has it quoted. */
function rows(count: number, random: Random): string {
  const lines = Object.entries(wordsOf).flatMap(([intent, words]) =>
    Array.from({ length: count }, (_, at) => {
      const text = random
        .shuffle([...words])
        .slice(1)
        .join(" ");
      return at % 2 === 0 ? `${text},${intent}` : `"${text}, ""hello""",${intent}`;
    }),
  );
  return ["text,category", ...lines, ""].join("\n");
}

function intentOf(text: string): string {
  const [intent] = Object.entries(wordsOf).find(([, words]) => words.some((word) => text.split(/\W+/).includes(word)))!;
  return intent;
}

test("eight examples of each intent make a model and a classifier that know new texts", async () => {
  const folder = await mkdtemp(join(tmpdir(), "hpd-few-examples-"));
  try {
    const [, program] = /```ts\n(.*?)```/s.exec(await readFile(new URL("docs/few-examples.md", root), "utf8"))!;
    const { exports } = JSON.parse(await readFile(new URL("package.json", root), "utf8"));
    const fromSource = program!.replaceAll(/from "hpd(.*?)"/g, (_, entry) => {
      const target: { node?: string; default?: string } = exports[`.${entry}`];
      const built = target.node ?? target.default!;
      return `from "${new URL(built.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts"), root)}"`;
    });
    const random = new Random(1);
    await writeFile(join(folder, "few-examples.ts"), fromSource);
    await writeFile(join(folder, "train.csv"), rows(12, random));
    await writeFile(join(folder, "test.csv"), rows(6, random));
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--conditions=hpd-source", "few-examples.ts", fixture("bert"), "train.csv", "test.csv", "1"],
      { cwd: folder },
    );
    const lines = [...stdout.matchAll(/^(.*): ([\d.]+) % of 18 right$/gm)];
    expect(lines.map(([, name]) => name)).toEqual([fixture("bert"), "intent-model"]);
    expect(Number(lines[1]![2])).toBeGreaterThan(60);
    const triplets = (await readFile(join(folder, "triplets.jsonl"), "utf8")).trim().split("\n");
    expect(triplets).toHaveLength(3 * 8 * 4);
    for (const triplet of triplets) {
      const { anchor, positive, negative } = JSON.parse(triplet);
      expect([anchor, positive, negative].map(intentOf)).toEqual([
        intentOf(anchor),
        intentOf(anchor),
        expect.anything(),
      ]);
      expect(intentOf(negative)).not.toBe(intentOf(anchor));
      expect(positive).not.toBe(anchor);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}, 300_000);
