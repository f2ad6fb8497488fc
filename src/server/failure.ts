/** Why a request has no answer: once, whatever API was asked. Each API has its own words for the kinds. */
import { HpdError } from "../errors.ts";

/** The kinds of failures with the status of each in HTTP, unless an API has another. */
export const failureStatuses = {
  /** A field is missing, of a wrong type, or out of range. */
  invalid: 400,
  /** There is nothing to embed. */
  empty: 400,
  /** Too many texts or tokens in one request. */
  too_many: 400,
  /** A text has more tokens than the model takes, and is not to be cut. */
  too_long: 400,
  /** The body is no JSON. */
  malformed: 400,
  unauthorized: 401,
  unknown_model: 404,
  /** The model is of another kind than the request is for. */
  wrong_model: 400,
  unknown_route: 404,
  wrong_method: 405,
  body_too_large: 413,
  unsupported_encoding: 415,
  overloaded: 429,
  /** The client has gone: nobody reads the answer. 499 is nginx's status for it. */
  gone: 499,
  internal: 500,
  unavailable: 503,
  timeout: 504,
} as const;

export type FailureKind = keyof typeof failureStatuses;

export class Failure extends Error {
  readonly kind: FailureKind;
  /** The field of the request that is wrong. */
  readonly param: string | undefined;
  /** Seconds after which it is worth trying again. */
  readonly retryAfter: number | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    { param, retryAfter, cause }: { param?: string; retryAfter?: number; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.param = param;
    this.retryAfter = retryAfter;
  }
}

/** Any error as a failure: of what is the server's own fault, the client learns no more than that. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Failure) return error;
  if (error instanceof HpdError && error.code === "invalid_argument") {
    return new Failure("invalid", error.message, { cause: error });
  }
  if (error instanceof HpdError && error.code === "disposed") {
    return new Failure("unavailable", "the server is shutting down", { cause: error });
  }
  return new Failure("internal", "the model failed; the server's log has more", { cause: error });
}
