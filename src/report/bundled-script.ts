/** The script of a page as one file, for those who run the sources: the build puts it into the published package. */
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";

/** @param main the first module of the script */
export function bundledScript(main: URL): string {
  const { outputFiles } = buildSync({
    entryPoints: [fileURLToPath(main)],
    bundle: true,
    format: "esm",
    minify: true,
    target: "es2022",
    write: false,
  });
  return outputFiles[0]!.text;
}
