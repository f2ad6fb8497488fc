/**
 * Keeps what a test file is compiled to for the next run. Vitest's runner adds the time to a file's name, by which Node's
 * compile cache doesn't know it again, and ends its processes before they write what they compiled: each stripped its
 * types once more. A file that shares its process has to end what it started; variables and globals that it replaced are put
 * back.
 */
import { flushCompileCache } from "node:module";
import { pathToFileURL } from "node:url";
import { TestRunner, vi } from "vitest";

export default class extends TestRunner {
  override importFile(path: string): Promise<unknown> {
    return import(pathToFileURL(path).href);
  }

  override onAfterRunFiles(files: readonly { readonly filepath: string }[] = []): void {
    super.onAfterRunFiles();
    vi.unstubAllEnvs();
    vi.unstubAllGlobals();
    flushCompileCache();
    const left = process.getActiveResourcesInfo().filter((name) => /^(?:ProcessWrap|TCPServerWrap)$/.test(name));
    if (!this.config.isolate && left.length > 0) {
      throw new Error(`${files.map(({ filepath }) => filepath)} left a process or server: ${left}`);
    }
  }
}
