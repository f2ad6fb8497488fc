/** Failures in the form of text-embeddings-inference. Source: its `router/src/http/server.rs` and `types.rs`. */
import { type Failure, type FailureKind, failureStatuses } from "../failure.ts";

const errors: Readonly<Record<FailureKind, readonly [type: string, status?: number]>> = {
  invalid: ["validation", 422],
  empty: ["empty", 400],
  too_many: ["validation", 422],
  too_long: ["validation", 422],
  malformed: ["validation", 422],
  unauthorized: ["unauthorized"],
  unknown_model: ["validation"],
  unknown_index: ["validation"],
  wrong_model: ["backend", 424],
  unknown_route: ["validation"],
  wrong_method: ["validation"],
  body_too_large: ["validation"],
  unsupported_encoding: ["validation"],
  overloaded: ["overloaded"],
  gone: ["validation"],
  internal: ["backend", 424],
  unavailable: ["unhealthy"],
  timeout: ["backend"],
};

export function teiFailed({ kind, message }: Pick<Failure, "kind" | "message">) {
  const [error_type, status = failureStatuses[kind]] = errors[kind];
  return { status, body: { error: message, error_type } };
}
