/**
 * The script of the page: the modules of `client/`, one after the other without their imports and exports, so that the page
 * is one file. They are compiled with the others; run from source, Node takes their types away, as it does for all.
 */
import { readFileSync } from "node:fs";
import nodeModule from "node:module";
import { packageFile } from "../../files/package-file.ts";

/** Those that a module imports stand before it. Names at their top level must differ. */
const modules = [
  "viewport",
  "camera",
  "point-painter",
  "colors",
  "webgl-points",
  "canvas-points",
  "payload",
  "cut",
  "elements",
  "point-grid",
  "text-search",
  "label-layout",
  "labels",
  "overlay",
  "scene",
  "panel",
  "detail",
  "tip",
  "gestures",
  "link",
  "main",
] as const;

export function clientScript(): string {
  const parts = modules.map((name) => {
    const file = packageFile(`dist/map/page/client/${name}.js`, () => new URL(`./client/${name}.js`, import.meta.url));
    const source = readFileSync(file, "utf8");
    const plain = file.pathname.endsWith(".ts") ? nodeModule.stripTypeScriptTypes(source) : source;
    return plain.replace(/^import\b[^;]*;$/gm, "").replace(/^export (\{\};)?/gm, "");
  });
  return parts.join("\n");
}
