/**
 * Ends with exit code 1 unless `dist/` is what `npm run build` makes of the sources: `npm ci` has built before `npm test`.
 * With `--note`, at the end of a build, it notes that it is.
 */
import { isBuilt, noteBuilt } from "./built.ts";

if (process.argv.includes("--note")) noteBuilt();
else if (!isBuilt()) process.exitCode = 1;
