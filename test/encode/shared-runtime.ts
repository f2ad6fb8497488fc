/** The runtime, in which models of one network share a session. */
import { createHash } from "node:crypto";
import { createSession as createOwn } from "../../src/runtime/node.ts";
import type { Session, SessionModel, SessionOptions } from "../../src/runtime/session.ts";

/** By a hash of the network. They last as long as the process. */
export const sessions = new Map<string, Promise<Session>>();

export async function createSession(
  given: SessionModel | Promise<SessionModel>,
  options: SessionOptions,
): Promise<Session> {
  const model = await given;
  await model.tables;
  const hash = createHash("sha256")
    .update(`${options.workers}`)
    .update(model.model)
    .update(model.weights)
    .digest("hex");
  const made = sessions.get(hash) ?? createOwn(model, options);
  sessions.set(hash, made);
  const session = await made;
  return { concurrency: session.concurrency, run: session.run.bind(session), dispose: async () => {} };
}
