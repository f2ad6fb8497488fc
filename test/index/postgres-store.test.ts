/** The contract of stores over a real PostgreSQL server, and what only that one can get wrong. */
import { afterAll, describe, test } from "vitest";
import { postgresLocation } from "../../src/index/postgres/location.ts";
import { startPostgres } from "./postgres-server.ts";
import { describeStore } from "./store-contract.ts";

const server = await startPostgres();

if (typeof server === "string") {
  describe("PostgreSQL", () => {
    test.skip(`(skipped: ${server})`, () => {});
  });
} else {
  afterAll(() => server.stop());
  let schemas = 0;
  const newUrl = () => `${server.url}&schema=index${++schemas}`;

  describeStore("PostgreSQL", async () => postgresLocation(newUrl()));
}
