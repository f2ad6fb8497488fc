/** A doc comment begins with a noun phrase that names the thing, with a verb in the third person, or with "Whether". */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const src = fileURLToPath(new URL("../src", import.meta.url));

/** Words that begin a fragment: it needs what stands before it, the name that it is meant to explain. */
const fragmentStarts = new Set([
  ...["about", "above", "after", "also", "although", "among", "as", "at", "because", "before", "below", "beside"],
  ...["besides", "between", "beyond", "but", "by", "during", "else", "even", "except", "for", "from", "here", "how"],
  ...["if", "in", "inside", "instead", "into", "like", "nor", "of", "on", "only", "or", "otherwise", "outside"],
  ...["over", "since", "so", "than", "that", "then", "there", "though", "through", "thus", "till", "to", "under"],
  ...["unless", "unlike", "until", "what", "when", "where", "wherever", "which", "while", "who", "whom", "whose"],
  ...["why", "with", "within", "without"],
]);

/** Rooms whose comments are still being rewritten: a line goes with the last fragment of its room. */
const pending: readonly string[] = ["index.ts"];

/** The fragments of each room, as `path:line: first line of the comment`. */
function fragments(): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const path of readdirSync(src, { recursive: true, encoding: "utf8" }).map((p) => p.replaceAll("\\", "/"))) {
    if (!path.endsWith(".ts")) continue;
    const code = readFileSync(join(src, path), "utf8");
    for (const match of code.matchAll(/\/\*\*\s+(?:\*\s+)?([^\n]*)/g)) {
      const first = /^[A-Za-z]+(?![\w.(`'-])/.exec(match[1]!)?.[0].toLowerCase();
      if (first === undefined || !fragmentStarts.has(first)) continue;
      const line = code.slice(0, match.index).split("\n").length;
      const room = path.split("/")[0]!;
      found.set(room, [...(found.get(room) ?? []), `${path}:${line}: ${match[1]}`]);
    }
  }
  return found;
}

test("doc comments begin as sentences that need nothing before them", () => {
  const inFinishedRooms = [...fragments()].filter(([room]) => !pending.includes(room)).flatMap(([, lines]) => lines);
  expect(inFinishedRooms).toEqual([]);
});
