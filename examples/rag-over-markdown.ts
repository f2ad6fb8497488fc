/**
 * Answers a question from Markdown files, with its sources: finds passages in an index that is kept up to date, and gives
 * them to a language model behind any API in OpenAI's form. Without OPENAI_BASE_URL it prints the prompt.
 *
 *     npm install hpd @lancedb/lancedb
 *     OPENAI_BASE_URL=http://localhost:11434/v1 CHAT_MODEL=qwen3 node rag-over-markdown.ts notes/ "who may deploy?"
 */
import { buildIndex, PassageIndex } from "hpd/passage-index";

const [folder, question] = process.argv.slice(2);
if (folder === undefined || question === undefined) {
  console.error("usage: node rag-over-markdown.ts FOLDER QUESTION");
  process.exit(2);
}

// Embeds what is new or has changed since the last run.
const { files, passages, embedded } = await buildIndex([folder], { out: "rag.index", others: "remove" });
console.error(`${files} files, ${passages} passages, ${embedded} of them embedded now`);

const index = await PassageIndex.open("rag.index");
const hits = await index.search(question, { topK: 4 });
await index.dispose();

const sources = hits.map(({ file, firstLine, text }, at) => `[${at + 1}] ${file}:${firstLine}\n${text}`);
const prompt = `Answer the question from these passages alone and cite them by number. If they don't contain the answer, say so.

${sources.join("\n\n")}

Question: ${question}`;

const { OPENAI_BASE_URL: server, OPENAI_API_KEY: key = "none", CHAT_MODEL: model = "gpt-5-mini" } = process.env;
if (server === undefined) {
  console.log(prompt);
} else {
  const response = await fetch(`${server}/chat/completions`, {
    method: "POST",
    headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
    body: JSON.stringify({ model, messages: [{ role: "user", content: prompt }] }),
  });
  if (!response.ok) throw new Error(`${server} answered ${response.status}: ${await response.text()}`);
  const { choices } = (await response.json()) as { choices: { message: { content: string } }[] };
  console.log(choices[0]?.message.content);
  for (const [at, { file, firstLine }] of hits.entries()) console.log(`[${at + 1}] ${file}:${firstLine}`);
}
