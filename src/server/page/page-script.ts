/**
 * The script of the search page: `client/` as one file. In the published package the build puts the bundled script in the
 * place of this module (`tools/build/page-script.ts`), so that only who runs the sources needs a bundler.
 */
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

export function pageScript(): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(new URL("client/main.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2022",
    write: false,
  });
  return outputFiles[0]!.text;
}
