/** ioredis's client, but one that ends whenever it is disconnected, and its duplicates with it. */
import type { Redis, RedisOptions } from "ioredis";
import type { IORedis } from "./packages.ts";

/**
 * The class of clients that end. Between two attempts to connect, `disconnect` of ioredis only makes no further one: who waits for the
 * end, as BullMQ's worker does when it is closed, or for a command, waits for ever. So does a worker whose duplicate wasn't ready when
 * the server went away.
 *
 * @returns the class rather than a client, as ioredis is loaded when it is needed
 */
export function endingClient({ Redis: Client }: typeof IORedis): typeof Redis {
  return class EndingClient extends Client {
    readonly #duplicates: Redis[] = [];

    override disconnect(reconnect = false): void {
      if (!reconnect) {
        for (const duplicate of this.#duplicates) duplicate.disconnect();
        // An attempt that is broken off ends the client.
        if (this.status === "reconnecting") this.connect().catch(() => {});
      }
      super.disconnect(reconnect);
    }

    override duplicate(override?: Partial<RedisOptions>): Redis {
      const duplicate = new EndingClient({ ...this.options, ...override, replyMapping: "legacy" });
      this.#duplicates.push(duplicate);
      return duplicate;
    }
  };
}
