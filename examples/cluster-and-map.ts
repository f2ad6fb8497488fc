/**
 * Finds the topics of a file of texts, a text a line, and draws a map of them that opens from disk.
 *
 *     node cluster-and-map.ts questions.txt map.html
 */
import { readFile, writeFile } from "node:fs/promises";
import { SentenceTransformer } from "hpd";
import { buildMap, mapHtml } from "hpd/map";

const [file, page = "map.html"] = process.argv.slice(2);
if (file === undefined) {
  console.error("usage: node cluster-and-map.ts FILE [PAGE.html]");
  process.exit(2);
}

const texts = (await readFile(file, "utf8")).split("\n").filter((text) => text.trim() !== "");
const model = await SentenceTransformer.load();
const map = await buildMap(texts, await model.encode(texts));
await model.dispose();

for (const { terms, size, center } of map.clusters) {
  console.log(`${String(size).padStart(6)}  ${terms.slice(0, 4).join(", ")}   e.g. "${texts[center]}"`);
}
await writeFile(page, mapHtml(map, { title: file }));
console.error(`open ${page} in a browser`);
