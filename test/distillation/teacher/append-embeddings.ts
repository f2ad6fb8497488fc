/**
 * A process of its own that adds embeddings to a cache, for tests that kill it, run two of it or give it no room:
 *
 *     append-embeddings.ts FOLDER NAME BLOCKS
 *
 * adds blocks of 100 embeddings of the texts `NAME 0`, `NAME 1`, ... and tells each number of embeddings when they
 * are in the file.
 */
import { EmbeddingCache } from "../../../src/distillation/teacher/embedding-cache.ts";
import { dimension, embeddingOf, hashesOf } from "./made-up-embeddings.ts";

const [folder, name, blocks] = process.argv.slice(2) as [string, string, string];
const cache = await EmbeddingCache.open(folder, dimension, "float32", console.error);
for (let block = 0; block < Number(blocks); block++) {
  const texts = Array.from({ length: 100 }, (_, index) => `${name} ${block * 100 + index}`);
  const rows = new Float32Array(texts.length * dimension);
  for (const [row, text] of texts.entries()) rows.set(embeddingOf(text), row * dimension);
  await cache.append(hashesOf(texts), rows);
  console.log((block + 1) * 100);
}
await cache.close();
