/** The package `yaml`, loaded by `require`: it is CommonJS in Node, and esbuild can't put such a package into a bundle of ES modules. */
import { createRequire } from "node:module";
import type * as Yaml from "yaml";
import { requireInstalled } from "./package-file.ts";

let loaded: typeof Yaml | undefined;

export function loadYaml(): typeof Yaml {
  loaded ??= requireInstalled<typeof Yaml>("yaml", () => {
    const require = createRequire(import.meta.url);
    return require("yaml");
  });
  return loaded;
}
