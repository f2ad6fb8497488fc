/** `hpd serve`: models behind HTTP. */
import { basename } from "node:path";
import { defaultModel } from "../index.ts";
import { createServer, listen } from "../server/index.ts";
import { type Command, type CommandContext, choiceFlag } from "./command.ts";
import { loadFlags, loadFlagsHelp } from "./model.ts";
import { apiKeysOf } from "./serve/api-keys.ts";
import { loadServedModels } from "./serve/load.ts";
import { logChoices, logTo, tellOf } from "./serve/log.ts";
import { serverFlags, serverOptions } from "./serve/options.ts";
import { print, printJson } from "./terminal.ts";

export const serveCommand: Command = {
  summary: "models behind HTTP, as OpenAI, text-embeddings-inference, Ollama and Cohere have it",
  help: `Usage: hpd serve [[NAME=]MODEL ...] [options]

Answers requests for embeddings, and for scores of cross-encoders, in the form of these APIs:

  OpenAI                     POST /v1/embeddings, GET /v1/models
  text-embeddings-inference  POST /embed /embed_all /similarity /rerank /predict /tokenize, GET /info /health /metrics
  Ollama                     POST /api/embed /api/embeddings /api/show, GET /api/tags
  Cohere                     POST /v2/embed /v2/rerank; and /v1/rerank as Jina has it

MODEL is a folder or a model id on the Hugging Face hub (default: ${basename(defaultModel())}, which is part of this
package), an embedding model or a cross-encoder. NAME is what requests ask for (default: the id, or the folder's name);
give a model the name that a client already asks for, and the client needs no change. A request that names no model gets
the first one of the kind it needs.

Address:
  --port N                 0 for any that is free (default: PORT of the environment, or 8080)
  --host HOST              0.0.0.0 for all addresses of this machine (default: HOST of the environment, or 127.0.0.1)
  --socket PATH            a Unix socket instead
  --api-key KEY            requests need it as "Authorization: Bearer KEY"; several times for several keys. It shows in
                           the list of processes: better is HPD_API_KEY of the environment, or
  --api-key-file FILE      a key a line
  --cors ORIGIN            pages of this origin may ask, * for all; several times for several (default: none)

Limits, each with an answer at once that says so:
  --max-body BYTES         of a request (default: 4000000)
  --max-inputs N           texts of a request (default: 2048)
  --max-request-tokens N   tokens of a request (default: 300000)
  --max-requests N         at the same time; more get 429 with Retry-After (default: 512)
  --max-queued-tokens N    tokens that wait; more get 429 with Retry-After (default: 1000000)
  --timeout SECONDS        for a request's answer (default: 60)
  --no-truncate            a text that is too long is an error, where a request doesn't say truncate

  --drain-timeout SECONDS  for requests under way, once SIGTERM or Ctrl-C came (default: 30)
  --log FORMAT             of what is told of each request on stderr, never its texts: text (default, where stderr is a
                           terminal), json (default else) or none
  --json                   the address and the models as one line of JSON, once it listens

Loading:
${loadFlagsHelp}

Examples:
  hpd serve
  curl http://127.0.0.1:8080/v1/embeddings -d '{"input": "He plays guitar."}'
  hpd serve text-embedding-3-small=BAAI/bge-small-en-v1.5 rerank=cross-encoder/ms-marco-MiniLM-L6-v2
  HPD_API_KEY=secret hpd serve ./my-model --host 0.0.0.0 --port 3000
  hpd serve ./my-model --socket /run/hpd.sock --log json`,
  options: { ...loadFlags, ...serverFlags, json: { type: "boolean" } },
  async run(context) {
    const { flags, positionals, signal } = context;
    const format = choiceFlag(flags, "log", logChoices) ?? (process.stderr.isTTY === true ? "text" : "json");
    const { options, address } = serverOptions(context);
    const apiKeys = await apiKeysOf(context);
    await using models = await loadServedModels(positionals, context);
    const server = createServer(models.named, { ...options, apiKeys, onLog: logTo(format) });
    const listening = await listen(server, address);
    const { url } = listening;
    if (apiKeys.length === 0 && !isLocal(url)) {
      tellOf(format, "warn", `${url} is open to all who reach it: --api-key-file asks them for a key`);
    }
    tell(
      context,
      url,
      models.named.map(({ name }) => name),
    );
    try {
      await untilAborted(signal);
      tellOf(format, "info", "shutting down: answering what is under way");
    } finally {
      await listening.dispose();
    }
  },
};

function tell({ flags }: CommandContext, url: string, names: readonly string[]): void {
  if (flags.json) printJson({ url, models: names });
  else print(`listening on ${url} for ${names.join(", ")}\n`);
}

function isLocal(url: string): boolean {
  return url.startsWith("unix:") || /^http:\/\/(127\.|\[::1\])/.test(url);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
