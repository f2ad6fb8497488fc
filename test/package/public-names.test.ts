/** What the entries export: one meaning a name. */
import { readFileSync } from "node:fs";
import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { exports } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

/** By entry, the file below src/ in which each exported name is defined. */
const entries = Object.entries<{ types?: string }>(exports)
  .filter(([, { types }]) => types !== undefined)
  .map(([entry, { types }]) => {
    const file = types!.replace(/^\.\/dist\/(.*)\.d\.ts$/, "$1.ts");
    const code = readFileSync(`${root}/src/${file}`, "utf8");
    const exported = [...code.matchAll(/export (?:type )?\{([^}]*)\} from "([^"]+)"/g)].flatMap(([, names, from]) =>
      [...names!.matchAll(/(?:type\s+)?([\w$]+)(?:,|\s*$)/g)].map(([, name]) => [
        name!,
        posix.join(posix.dirname(file), from!),
      ]),
    );
    for (const [, name, from] of code.matchAll(/import \* as (\w+) from "([^"]+)"/g)) {
      exported.push([name!, posix.join(posix.dirname(file), from!)]);
    }
    return { entry, code, origins: new Map(exported as [string, string][]) };
  });

test("every entry is a list of exports that the pattern above reads", () => {
  const left = entries.map(({ code }) =>
    code
      .replaceAll(/export (?:type )?\{[^}]*\} from "[^"]+";/g, "")
      .replaceAll(/import \* as (\w+) from "[^"]+";\s*export \{ \1 \};/g, "")
      .replaceAll(/\/\*\*.*?\*\//gs, "")
      .trim(),
  );
  expect(left).toEqual(entries.map(() => ""));
  expect(entries.map(({ origins }) => origins.size).filter((size) => size === 0)).toEqual([]);
});

test("a name that two entries export is the same thing in both", () => {
  const origins = new Map<string, string>();
  const collisions = entries.flatMap(({ entry, origins: own }) =>
    [...own].flatMap(([name, file]) => {
      const other = origins.get(name) ?? file;
      origins.set(name, other);
      return other === file ? [] : [`${name} of ${entry} is ${file}, elsewhere ${other}`];
    }),
  );
  expect(collisions).toEqual([]);
});
