/** A thread for tests: it is asked to wait so many milliseconds, or to end with an exit code. */
import { setTimeout } from "node:timers/promises";
import { serve } from "../../src/runtime/node/serve.ts";

serve<{ wait: number } | { exit: number }>(
  async (request) => {
    if ("exit" in request) process.exit(request.exit);
    await setTimeout(request.wait);
    return { value: request.wait, transfer: [] };
  },
  async () => {},
);
