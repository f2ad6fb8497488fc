/** Tests on a server of their own. */
import { afterAll, describe, test } from "vitest";

/**
 * Registers tests that need a server, which is stopped after them; without one, a skipped test that says why.
 *
 * @param start gives the server, or says why there is none
 */
export async function describeServer<Server extends { stop(): unknown }>(
  name: string,
  start: () => Promise<Server | string>,
  testOn: (server: Server) => void,
): Promise<void> {
  const server = await start();
  if (typeof server === "string") {
    describe(name, () => {
      test.skip(`(skipped: ${server})`, () => {});
    });
    return;
  }
  afterAll(async () => {
    await server.stop();
  }, 60_000);
  testOn(server);
}
