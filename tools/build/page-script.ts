/** A step of `npm run build`: bundles the scripts of pages into `dist/`, which then needs no bundler. */
import { writeFileSync } from "node:fs";
import { pageScript as mapScript } from "../../src/map/page/page-script.ts";
import { pageScript as searchScript } from "../../src/server/page/page-script.ts";

for (const [module, pageScript] of [
  ["map/page/page-script.js", mapScript],
  ["server/page/page-script.js", searchScript],
] as const) {
  writeFileSync(
    new URL(`../../dist/${module}`, import.meta.url),
    `export function pageScript() {\n  return ${JSON.stringify(pageScript())};\n}\n`,
  );
}
