/** `hpd serve`: models behind HTTP. */
import cluster from "node:cluster";
import { availableParallelism } from "node:os";
import { defaultDrainTimeout, removeStaleSocket } from "../server/http/listen.ts";
import { createServer, listen } from "../server/index.ts";
import { type CommandContext, defineCommand } from "./command.ts";
import { defaultModelText } from "./model.ts";
import { apiKeysOf } from "./serve/api-keys.ts";
import { freePort } from "./serve/free-port.ts";
import { loadServedModels } from "./serve/load.ts";
import { logEvent, logFormat, logTo } from "./serve/log.ts";
import { endMilliseconds, ProcessGroup, type Serving } from "./serve/process-group.ts";
import { runServingProcess } from "./serve/serving-process.ts";
import { sections, serverOptions, type Values } from "./serve/settings.ts";
import { untilAborted } from "./serve/until-aborted.ts";
import { print, printJson } from "./terminal.ts";

export const serveCommand = defineCommand({
  summary: "serve models and indexes over HTTP with the APIs of OpenAI, TEI, Ollama and Cohere",
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
        "of its own": "POST /search, and a search page at /, with --index",
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
    "Serve with four processes behind one port": "hpd serve ./my-model --processes 4",
    "Serve an index with a search page, and a reranker for it":
      "hpd serve cross-encoder/ms-marco-MiniLM-L6-v2 --index notes=notes.index",
    "Serve behind a proxy on the same machine": "hpd serve ./my-model --socket /run/hpd.sock --log json",
  },
  async run(context) {
    if (cluster.isWorker) await runServingProcess(context);
    else if ((context.values.processes ?? 1) > 1) await runProcesses(context);
    else await runHere(context);
  },
});

type Context = CommandContext<Values>;

async function runHere(context: Context): Promise<void> {
  const { values, positionals, signal } = context;
  const { options, address } = serverOptions(values);
  const apiKeys = await apiKeysOf(values);
  const format = logFormat(values);
  const models = await loadServedModels(positionals, context);
  try {
    const server = createServer(models.named, { ...options, indexes: models.indexes, apiKeys, onLog: logTo(format) });
    await using listening = await listen(server, address);
    announce(values, { url: listening.url, models: models.named.map(({ name }) => name) }, apiKeys);
    await untilAborted(signal);
    logEvent(format, "info", shuttingDown);
  } finally {
    // What doesn't end, as a question to a database that hangs, ends with the process.
    const end = setTimeout(() => process.exit(), endMilliseconds).unref();
    await models[Symbol.asyncDispose]();
    clearTimeout(end);
  }
}

async function runProcesses({ values, signal }: Context): Promise<void> {
  const { address } = serverOptions(values);
  const apiKeys = await apiKeysOf(values);
  const format = logFormat(values);
  const { processes: count = 1 } = values;
  if (address.socket !== undefined) await removeStaleSocket(address.socket);
  const group = await ProcessGroup.start(
    {
      count,
      workers: Math.max(1, Math.floor(availableParallelism() / count)),
      port: address.port === 0 ? await freePort(address.host) : undefined,
      drainTimeout: address.drainTimeout ?? defaultDrainTimeout,
      onEvent: (level, message) => logEvent(format, level, message),
    },
    signal,
  );
  try {
    announce(values, group.serving, apiKeys);
    await Promise.race([untilAborted(signal), group.failed]);
    logEvent(format, "info", shuttingDown);
  } finally {
    await group.dispose();
  }
}

const shuttingDown = "shutting down: finishing the requests in progress";

function announce(values: Values, { url, models }: Serving, apiKeys: readonly string[]): void {
  if (apiKeys.length === 0 && !isLocal(url)) {
    logEvent(logFormat(values), "warn", `${url} is open to all who can reach it: require a key with --api-key-file`);
  }
  if (values.json) printJson({ url, models });
  else print(`listening on ${url} for ${models.join(", ")}\n`);
}

function isLocal(url: string): boolean {
  return url.startsWith("unix:") || /^http:\/\/(127\.|\[::1\])/.test(url);
}
