/** The reason why a request fails, independent of the API: each API has its own wording for the kinds. */
import { HpdError } from "../errors.ts";

/** The kinds of failures, each with its HTTP status unless an API has another. */
export const failureStatuses = {
  /** A field is missing, of a wrong type, or out of range. */
  invalid: 400,
  /** The input is empty. */
  empty: 400,
  /** Too many texts or tokens in one request. */
  too_many: 400,
  /** A text has more tokens than the model takes, and must not be truncated. */
  too_long: 400,
  /** The body is not a JSON object. */
  malformed: 400,
  unauthorized: 401,
  unknown_model: 404,
  unknown_index: 404,
  /** The model is of another kind than the request is for. */
  wrong_model: 400,
  unknown_route: 404,
  wrong_method: 405,
  body_too_large: 413,
  unsupported_encoding: 415,
  overloaded: 429,
  /** The client disconnected; 499 is nginx's status for it. */
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
  /** Seconds after which the client may retry. */
  readonly retryAfter: number | undefined;
  /** The methods of the route, if the request's is another. */
  readonly allowed: readonly string[] | undefined;

  constructor(
    kind: FailureKind,
    message: string,
    {
      param,
      retryAfter,
      allowed,
      cause,
    }: { param?: string; retryAfter?: number; allowed?: readonly string[]; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.kind = kind;
    this.param = param;
    this.retryAfter = retryAfter;
    this.allowed = allowed;
  }
}

/** Any error as a failure. The message of an internal error is not disclosed to the client. */
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
