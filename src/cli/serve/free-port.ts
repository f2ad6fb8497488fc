/** A port for processes that share one: cluster's own port 0 would be another one once all of them ended. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** @returns a port that is free now */
export async function freePort(host = "127.0.0.1"): Promise<number> {
  const server = createServer().listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
