/** Starts the runtime's thread before anything else: it takes as long as importing the code that reads a model, and reading. */
import { createSession } from "#runtime";
import type { Session } from "../runtime/session.ts";
import type { LoadOptions } from "./options.ts";
import type { ReadModel } from "./read-model.ts";

/** The session of the only route of a model that begins with a Transformer, started while the model is read. */
export async function startSession(model: Promise<ReadModel>, options: LoadOptions): Promise<Session> {
  const graph = model.then(({ routes }) => {
    const [route] = routes.values();
    const { code } = route!.compiled;
    if ("graph" in code) return code.graph;
    throw new Error("a Transformer needs the runtime");
  });
  graph.catch(() => {});
  return await createSession(graph, options);
}
