/** Who may import whom, as rooms.ts says; nothing of Node in browsers; no circles. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { browserEntries, commons, rooms } from "../rooms.ts";

const src = fileURLToPath(new URL("../src", import.meta.url));
const { imports: aliases } = JSON.parse(readFileSync(join(src, "../package.json"), "utf8"));

/** Paths below src/, with forward slashes. */
const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .map((path) => path.replaceAll("\\", "/"))
  .filter((path) => path.endsWith(".ts"));

/** What each file imports, with its types: paths below src/, or names of packages. `#hub` is what Node gets. */
const imports = new Map(files.map((file) => [file, importsOf(file)]));

function importsOf(file: string): string[] {
  const code = readFileSync(join(src, file), "utf8").replace(/^\s*\/?\*.*$|^\s*\/\/.*$/gm, "");
  return [...code.matchAll(/\b(?:from|import)\s*\(?\s*"([^"]+)"/g)].map(([, name]) => {
    if (name!.startsWith("#")) return aliases[name!]["hpd-source"].slice("./src/".length);
    return name!.startsWith(".") ? posix.join(dirname(file), name!) : name!;
  });
}

const roomOf = (file: string): string => file.split("/")[0]!;

test("every import is found, and every room is listed", () => {
  const all = [...imports.values()].flat();
  const missing = all.filter((name) => name.endsWith(".ts") && !files.includes(name));
  expect(missing).toEqual([]);
  expect(all.length).toBeGreaterThan(1_000);
  expect([...new Set(files.map(roomOf))].sort()).toEqual(Object.keys(rooms).sort());
});

test("rooms import what they may", () => {
  const forbidden = files.flatMap((file) => {
    const own = roomOf(file);
    const allowed = commons.includes(own) ? commons : [own, ...commons, ...rooms[own]!];
    return imports.get(file)!.flatMap((name) => {
      const isInside = name.endsWith(".ts") && !name.startsWith("node:");
      return isInside && !allowed.includes(roomOf(name)) ? [`${file} imports ${name}`] : [];
    });
  });
  expect(forbidden).toEqual([]);
});

test("nothing is allowed that no file uses", () => {
  const unused = Object.entries(rooms).flatMap(([room, allowed]) => {
    const used = new Set(
      files.filter((file) => roomOf(file) === room).flatMap((file) => imports.get(file)!.map(roomOf)),
    );
    return allowed.filter((other) => !used.has(other)).map((other) => `${room} no longer imports ${other}`);
  });
  expect(unused).toEqual([]);
});

test("only the runtime knows ONNX Runtime", () => {
  const others = files.filter(
    (file) => roomOf(file) !== "runtime" && imports.get(file)!.some((name) => name.startsWith("onnxruntime")),
  );
  expect(others).toEqual([]);
});

/** The files that an entry reaches in a browser. */
function reachedInBrowser(entry: string): Set<string> {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const name of imports.get(file) ?? []) reached.add(name.replace(/^(hub|runtime)\/node\.ts$/, "$1/browser.ts"));
  }
  return reached;
}

describe.each([...browserEntries, "map/page/client/main.ts"])("%s in a browser", (entry) => {
  test("reaches nothing of Node", () => {
    const reached = [...reachedInBrowser(entry)];
    expect(reached.length).toBeGreaterThan(20);
    expect(reached.filter((name) => name.startsWith("node:") || /^onnxruntime-node/.test(name))).toEqual([]);
  });
});

test("no file imports itself by way of others, types included", () => {
  expect(circles()).toEqual([]);
});

/** The files of each circle of imports: strongly connected components (Tarjan). */
function circles(): string[][] {
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const found: string[][] = [];
  const visit = (file: string): void => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    stack.push(file);
    for (const next of imports.get(file)!) {
      if (!imports.has(next)) continue;
      if (!order.has(next)) visit(next);
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    if (circle.length > 1) found.push(circle.sort());
  };
  for (const file of files) if (!order.has(file)) visit(file);
  return found;
}

test("no file imports two others at once: Jest and Vitest's vmThreads fail at what both of them share", () => {
  const found = files.filter((file) => /Promise\.all\(\[\s*import\("[.#]/.test(readFileSync(join(src, file), "utf8")));
  expect(found).toEqual([]);
});
