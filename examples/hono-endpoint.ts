/**
 * A Hono app with a search endpoint of its own, and the APIs of OpenAI, text-embeddings-inference, Ollama and Cohere
 * beside it, over one model.
 *
 *     npm install hpd hono @hono/node-server
 *     node hono-endpoint.ts
 *     curl "http://localhost:3000/search?q=when+does+my+order+arrive"
 *     curl http://localhost:3000/models/v1/embeddings -d '{"input": "He plays guitar."}'
 */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { SentenceTransformer } from "hpd";
import { semanticSearch } from "hpd/search";
import { createServer } from "hpd/server";

const answers = [
  "Open the settings, choose Security and press Reset to get a new password.",
  "Parcels take two to five days.",
  "We accept all credit cards.",
];

// Loaded once, when the program starts; requests share it.
const model = await SentenceTransformer.load();
const corpus = await model.encodeDocument(answers);
const embeddingServer = createServer([{ name: "default", model }]);

const app = new Hono();
app.get("/search", async (context) => {
  const query = context.req.query("q");
  if (query === undefined || query.trim() === "") return context.json({ error: "the parameter q is missing" }, 400);
  const [hits] = await semanticSearch(await model.encodeQuery(query), corpus, { topK: 2 });
  return context.json(hits?.map(({ corpusId, score }) => ({ text: answers[corpusId], score })));
});
app.mount("/models", embeddingServer.fetch);

const server = serve({ fetch: app.fetch, port: Number(process.env.PORT ?? 3000) }, ({ port }) => {
  console.log(`http://localhost:${port}/search?q=...`);
});

process.once("SIGTERM", () => {
  server.close(async () => {
    await embeddingServer.dispose();
    await model.dispose();
  });
});
