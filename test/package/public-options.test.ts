/**
 * Options in the declarations of the entries: `readonly x?: T | undefined`. Without `undefined` nobody who compiles with
 * `exactOptionalPropertyTypes` can hand on what may be undefined. Needs a build.
 */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

/** A file of declarations: those of its top level, and what its names stand for that it has from others. */
interface Declarations {
  readonly own: ReadonlyMap<string, string>;
  readonly others: ReadonlyMap<string, { readonly path: string; readonly name: string }>;
}

const files = new Map<string, Declarations>();

function declarationsOf(path: string): Declarations {
  const known = files.get(path);
  if (known !== undefined) return known;
  const text = readFileSync(`${root}/${path}`, "utf8").replaceAll(/\/\*.*?\*\//gs, "");
  const own = new Map<string, string>();
  for (const part of text.split(/^(?=export |declare |interface |type |import )/m)) {
    const name = /^(?:export )?(?:declare )?(?:abstract )?(?:interface|type|class|function|const) ([\w$]+)/.exec(
      part,
    )?.[1];
    // Overloads of a function are several.
    if (name !== undefined) own.set(name, (own.get(name) ?? "") + part);
  }
  const others = new Map<string, { path: string; name: string }>();
  for (const [, list, from] of text.matchAll(/(?:import|export) (?:type )?\{([^}]*)\} from "(\.[^"]+)"/g)) {
    const file = posix.join(posix.dirname(path), from!.replace(/\.(?:js|ts)$/, ".d.ts"));
    for (const [, name, alias] of list!.matchAll(/(?:type )?([\w$]+)(?: as ([\w$]+))?/g)) {
      others.set(alias ?? name!, { path: file, name: name! });
    }
  }
  files.set(path, { own, others });
  return { own, others };
}

/** Whatever a user can come to from the exports of the entries. */
function publicDeclarations(): { path: string; name: string; text: string }[] {
  const found = new Map<string, { path: string; name: string; text: string }>();
  const visit = (path: string, name: string): void => {
    const { own, others } = declarationsOf(path);
    const other = others.get(name);
    if (other !== undefined) visit(other.path, other.name);
    const text = own.get(name);
    if (text === undefined || found.has(`${path} ${name}`)) return;
    found.set(`${path} ${name}`, { path, name, text });
    for (const [used] of text.matchAll(/[\w$]+/g)) visit(path, used);
  };
  for (const { types } of Object.values<{ types?: string }>(exports)) {
    if (types !== undefined)
      for (const name of declarationsOf(types.slice(2)).others.keys()) visit(types.slice(2), name);
  }
  return [...found.values()];
}

/** The optional properties of interfaces and of object types, each from its modifier to its semicolon. */
function optionalProperties(text: string): string[] {
  const starts = [...text.matchAll(/(?<=[{;]\s*)(?:readonly )?[\w$]+\?:/g)].map(({ index }) => index);
  return starts.map((start) => text.slice(start, endOf(text, start)).trimEnd());
}

/** Where a property ends: at a semicolon outside of brackets. */
function endOf(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const character = text[at]!;
    if ("({[<".includes(character)) depth++;
    else if (")}]".includes(character) || (character === ">" && text[at - 1] !== "=")) depth--;
    if ((character === ";" && depth === 0) || depth < 0) return at;
  }
  return text.length;
}

/**
 * Conditions of a filter are data: one that is undefined by mistake must not hold for everything, so it is refused.
 * `unknown` may be undefined.
 */
const exceptions = ["FieldConditions"];

test("every optional property is readonly and may be undefined", () => {
  const all = publicDeclarations().flatMap(({ path, name, text }) =>
    optionalProperties(text).map((property) => ({ path, name, property })),
  );
  expect(all.length).toBeGreaterThan(250);
  expect(all).toContainEqual({
    path: "dist/encode/options.d.ts",
    name: "LoadOptions",
    property: expect.stringMatching(/workers/),
  });
  const wrong = all
    .filter(({ name }) => !exceptions.includes(name))
    .filter(({ property }) => !/^readonly .*(?:undefined|: unknown)$/s.test(property))
    .map(({ path, name, property }) => `${path}: ${name}: ${property}`);
  expect(wrong).toEqual([]);
});
