/** What a server holds after many requests: nothing of them. */
import { once } from "node:events";
import { Agent, type IncomingMessage, request } from "node:http";
import { expect, test } from "vitest";
import { listen } from "../../src/server/index.ts";
import { heldBytes } from "../held-bytes.ts";
import { loadTinyModels, serverOf } from "./served.ts";

/** Paths and bodies of which some are refused; requests of the last kind end before their answer. */
const kinds: readonly (readonly [path: string, body: (number: number) => string])[] = [
  ["/v1/embeddings", (number) => JSON.stringify({ model: "tiny", input: [`the cat ${number}`, "rain ".repeat(40)] })],
  ["/v1/embeddings", (number) => JSON.stringify({ model: `nobody-${number}`, input: "a" })],
  ["/rerank", (number) => JSON.stringify({ query: `q ${number}`, texts: ["one cat", "two trees"] })],
  ["/embed", (number) => `{"inputs": ${number}`],
  [`/not/there`, (number) => String(number)],
  ["/v1/embeddings", (number) => JSON.stringify({ model: "tiny", input: `gone ${number}` })],
];

test("nothing of answered, refused and abandoned requests is kept", { timeout: 120_000 }, async () => {
  await using models = await loadTinyModels();
  await using listening = await listen(serverOf(models), { port: 0 });
  const { port } = new URL(listening.url);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const askOnce = async (number: number) => {
    const [path, body] = kinds[number % kinds.length]!;
    const headers = { "x-request-id": `request-${number}`, "user-agent": `client ${number}` };
    const asked = request({ agent, port, path: `${path}?n=${number}`, method: "POST", headers });
    const answered = once(asked, "response").catch(() => undefined);
    asked.end(body(number));
    if (number % kinds.length === kinds.length - 1) {
      setTimeout(() => asked.destroy(), number % 5);
      return answered.then((found) => (found?.[0] as IncomingMessage | undefined)?.destroy());
    }
    const [response] = (await answered)! as [IncomingMessage];
    await response.toArray();
  };
  let number = 0;
  const askMany = async (count: number) => {
    const end = number + count;
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        while (number < end) await askOnce(number++);
      }),
    );
  };
  await askMany(600);
  const before = await heldBytes();
  const requests = 1500;
  await askMany(requests);
  const growth = (await heldBytes()) - before;
  agent.destroy();
  // Code that is compiled meanwhile is some hundreds of kilobytes; what holds on to a request with its signal is more than this.
  expect(growth / requests).toBeLessThan(700);
});
