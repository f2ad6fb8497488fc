/** Opens the routes of a model that is read: a tokenizer and sessions for each. */
import { createSession } from "#runtime";
import type { ModelSource } from "../hub/model-source.ts";
import { withWeightsOpen } from "../modules/weights-open.ts";
import type { Session } from "../runtime/session.ts";
import type { CompiledRoute } from "./compile-route.ts";
import { Encoder, textTokenizer } from "./encoder.ts";
import { requireSameWithLeftPadding } from "./left-padding.ts";
import { type LoadedTokenizer, loadTokenizer } from "./load-tokenizer.ts";
import type { LoadOptions } from "./options.ts";
import { type ReadModel, type ReadRoute, readRoute } from "./read-model.ts";
import { Route } from "./route.ts";
import { StaticSession } from "./static-session.ts";

/** The common context of opening all routes of a model. */
export interface OpeningContext {
  readonly source: ModelSource;
  readonly options: LoadOptions;
  /** The session of the only route, where it was started already. */
  readonly session: Promise<Session> | undefined;
}

/** The routes by name, in the order of the model. */
export async function openRoutes(
  context: OpeningContext,
  routes: ReadModel["routes"],
): Promise<ReadonlyMap<string, Route>> {
  const opened = new Map<string, Route>();
  for (const [name, route] of routes) {
    const loaded = await loadTokenizer(context.source, route.input);
    requireSameWithLeftPadding(loaded.tokenizer, route.input, context.source.name);
    opened.set(name, openRoute(context, name, route, loaded));
  }
  return opened;
}

function openRoute(
  { source, options, session }: OpeningContext,
  name: string,
  { input, compiled }: ReadRoute,
  loaded: LoadedTokenizer,
): Route {
  const start = session === undefined ? starting(compiled, options) : () => session;
  // No function here may hold `compiled`: its weights are those of a session that runs.
  const { dimension, inputs, arithmetic } = compiled;
  const tokenizer = textTokenizer(loaded.tokenizer);
  const vocabularySize = Math.min(input.vocabularySize, loaded.tokenizer.vocabularySize);
  const allowsEmpty = input.kind !== "Transformer";
  return new Route(
    loaded,
    { dimension, inputs, vocabularySize },
    {
      encoder: async () => new Encoder(tokenizer, await start(), { inputs, allowsEmpty, arithmetic }),
      tokenEncoder: async () => {
        const route = await withWeightsOpen(source, (open) => readRoute(open, name, "token_embeddings", options));
        const session = await sessionOf(route, options);
        return new Encoder(tokenizer, session, { inputs: route.inputs, allowsEmpty: false, arithmetic });
      },
    },
  );
}

function starting(compiled: CompiledRoute, options: LoadOptions): () => Promise<Session> {
  return () => sessionOf(compiled, options);
}

async function sessionOf({ code }: CompiledRoute, options: LoadOptions): Promise<Session> {
  return "program" in code ? new StaticSession(code.program) : await createSession(code.graph, options);
}
