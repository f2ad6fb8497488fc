/** An engine that takes a millisecond for a text. */
import { setTimeout as sleep } from "node:timers/promises";
import { serveEncoder } from "../../bench/engines/serve-encoder.ts";

const vector = (text: string) => Float32Array.of(1, text.length, text.charCodeAt(0), text.charCodeAt(text.length - 1));

await serveEncoder(1, {
  versions: { fake: "1" },
  async encode(texts) {
    await sleep(texts.length);
    return Float32Array.from(texts.flatMap((text) => [...vector(text)]));
  },
  async encodeOne(text) {
    await sleep(1);
    return vector(text);
  },
});
