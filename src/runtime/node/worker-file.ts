/** The file of the program of worker threads: see `hpd-worker.ts`. */
import { packageFile } from "../../files/package-file.ts";

/** @throws HpdError `not_found` */
export function workerFile(): URL {
  return packageFile("dist/runtime/node/hpd-worker.js", () => new URL("./hpd-worker.js", import.meta.url));
}
