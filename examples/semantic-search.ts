/**
 * Searches the paragraphs of text files by meaning, in memory.
 *
 *     node semantic-search.ts "how do we undo a deployment?" notes/*.md
 */
import { readFile } from "node:fs/promises";
import { SentenceTransformer } from "hpd";
import { semanticSearch } from "hpd/search";

const [query, ...files] = process.argv.slice(2);
if (query === undefined || files.length === 0) {
  console.error("usage: node semantic-search.ts QUERY FILE...");
  process.exit(2);
}

const paragraphs: { file: string; text: string }[] = [];
for (const file of files) {
  const texts = (await readFile(file, "utf8")).split(/\n\s*\n/);
  paragraphs.push(...texts.filter((text) => text.trim() !== "").map((text) => ({ file, text: text.trim() })));
}

const model = await SentenceTransformer.load();
const corpus = await model.encodeDocument(paragraphs.map(({ text }) => text));
const [hits] = await semanticSearch(await model.encodeQuery(query), corpus, { topK: 3 });
await model.dispose();

for (const { corpusId, score } of hits ?? []) {
  const { file, text } = paragraphs[corpusId]!;
  console.log(`${score.toFixed(3)}  ${file}\n${text}\n`);
}
