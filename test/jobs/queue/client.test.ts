/** Clients of Redis that are disconnected where no server is. */
import { expect, test } from "vitest";
import { endingClient } from "../../../src/jobs/queue/client.ts";
import { loadPackages } from "../../../src/jobs/queue/packages.ts";
import { freePort } from "./redis-server.ts";

test.each([
  ["a client", "a client"],
  ["its duplicate", "its duplicate"],
  ["its duplicate", "a client"],
])("%s ends when %s is disconnected between two attempts", async (which, disconnected) => {
  const Client = endingClient(loadPackages().ioredis);
  const options = { host: "127.0.0.1", maxRetriesPerRequest: null, lazyConnect: true, retryStrategy: () => 600_000 };
  const client = new Client({ ...options, port: await freePort() });
  const duplicate = client.duplicate();
  const tested = which === "a client" ? client : duplicate;
  tested.on("error", () => {});
  const waiting = tested.ping().then(
    () => "an answer",
    (error: Error) => error.message,
  );
  await new Promise((resolve) => tested.once("reconnecting", resolve));
  const ended = new Promise((resolve) => tested.once("end", resolve));
  (disconnected === "a client" ? client : duplicate).disconnect();
  expect(await waiting).toBe("Connection is closed.");
  await ended;
  expect(tested.status).toBe("end");
});
