/** Tests on a PostgreSQL server of their own. */
import { afterAll, describe, test } from "vitest";
import { type PostgresServer, startPostgres } from "./postgres-server.ts";

/** Registers tests that need a server, which is stopped after them; without one, a skipped test that says why. */
export async function describePostgres(testOn: (server: PostgresServer) => void): Promise<void> {
  const server = await startPostgres();
  if (typeof server === "string") {
    describe("PostgreSQL", () => {
      test.skip(`(skipped: ${server})`, () => {});
    });
    return;
  }
  afterAll(() => server.stop(), 60_000);
  testOn(server);
}
