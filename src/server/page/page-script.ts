/**
 * The script of the search page: `client/` as one file. In the published package the build puts the bundled script in the
 * place of this module (`tools/build/page-script.ts`), so that only who runs the sources needs a bundler.
 */
import { bundledScript } from "../../report/bundled-script.ts";

export function pageScript(): string {
  return bundledScript(new URL("client/main.ts", import.meta.url));
}
