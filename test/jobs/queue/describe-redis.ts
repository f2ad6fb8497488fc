/** Tests on a Redis server of their own. */
import { afterAll, describe, test } from "vitest";
import { type RedisServer, startRedis } from "./redis-server.ts";

/** Registers tests that need a server, which is stopped after them; without one, a skipped test that says why. */
export async function describeRedis(testOn: (server: RedisServer) => void): Promise<void> {
  const server = await startRedis();
  if (typeof server === "string") {
    describe("Redis", () => {
      test.skip(`(skipped: ${server})`, () => {});
    });
    return;
  }
  afterAll(() => server.stop(), 60_000);
  testOn(server);
}
