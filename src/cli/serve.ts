/** `hpd serve`: models behind HTTP. */
import { createServer, listen } from "../server/index.ts";
import { defineCommand } from "./command.ts";
import { defaultModelText } from "./model.ts";
import { apiKeysOf } from "./serve/api-keys.ts";
import { loadServedModels } from "./serve/load.ts";
import { logEvent, logTo } from "./serve/log.ts";
import { sections, serverOptions, type Values } from "./serve/settings.ts";
import { print, printJson } from "./terminal.ts";

export const serveCommand = defineCommand({
  summary: "serve models over HTTP with the APIs of OpenAI, TEI, Ollama and Cohere",
  usage: "serve [[NAME=]MODEL ...] [options]",
  about: `
    Answers requests for embeddings, and for scores of cross-encoders, in the form of the APIs of OpenAI, Hugging Face's
    text-embeddings-inference (TEI), Ollama and Cohere: their clients need only another address.`,
  sections: {
    Routes: {
      terms: {
        OpenAI: "POST /v1/embeddings, GET /v1/models",
        TEI: "POST /embed /embed_all /similarity /rerank /predict /tokenize, GET /info /health /metrics",
        Ollama: "POST /api/embed /api/embeddings /api/show, GET /api/tags",
        Cohere: "POST /v2/embed /v2/rerank; and /v1/rerank in Jina's form",
      },
    },
    Models: {
      terms: {
        MODEL: `a model folder or an id on the Hugging Face hub: an embedding model or a cross-encoder (default: ${defaultModelText})`,
        NAME:
          "the name that requests use (default: the id, or the folder's name). Name a model as a client already calls it, " +
          "and the client needs no change",
      },
      notes: "A request that names no model gets the first one of the kind it needs.",
    },
    ...sections,
  },
  examples: {
    "Serve the default model on port 8080": "hpd serve",
    "Ask it for an embedding": `curl http://127.0.0.1:8080/v1/embeddings -d '{"input": "He plays guitar."}'`,
    "Serve an embedding model under OpenAI's name, and a reranker":
      "hpd serve text-embedding-3-small=BAAI/bge-small-en-v1.5 \\\n" + "  rerank=cross-encoder/ms-marco-MiniLM-L6-v2",
    "Serve on all addresses, with a key": "HPD_API_KEY=secret hpd serve ./my-model --host 0.0.0.0 --port 3000",
    "Serve behind a proxy on the same machine": "hpd serve ./my-model --socket /run/hpd.sock --log json",
  },
  async run(context) {
    const { values, positionals, signal } = context;
    const format = values.log ?? (process.stderr.isTTY === true ? "text" : "json");
    const { options, address } = serverOptions(values);
    const apiKeys = await apiKeysOf(values);
    await using models = await loadServedModels(positionals, context);
    const server = createServer(models.named, { ...options, apiKeys, onLog: logTo(format) });
    const listening = await listen(server, address);
    const { url } = listening;
    if (apiKeys.length === 0 && !isLocal(url)) {
      logEvent(format, "warn", `${url} is open to all who can reach it: require a key with --api-key-file`);
    }
    announce(
      values,
      url,
      models.named.map(({ name }) => name),
    );
    try {
      await untilAborted(signal);
      logEvent(format, "info", "shutting down: finishing the requests in progress");
    } finally {
      await listening.dispose();
    }
  },
});

function announce({ json }: Values, url: string, names: readonly string[]): void {
  if (json) printJson({ url, models: names });
  else print(`listening on ${url} for ${names.join(", ")}\n`);
}

function isLocal(url: string): boolean {
  return url.startsWith("unix:") || /^http:\/\/(127\.|\[::1\])/.test(url);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
