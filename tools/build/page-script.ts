/** A step of `npm run build`: bundles the script of a map's page into `dist/`, which then needs no bundler. */
import { writeFileSync } from "node:fs";
import { pageScript } from "../../src/map/page/page-script.ts";

const script = JSON.stringify(pageScript());
writeFileSync(
  new URL("../../dist/map/page/page-script.js", import.meta.url),
  `export function pageScript() {\n  return ${script};\n}\n`,
);
