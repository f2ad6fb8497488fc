/**
 * The one error class of this library. `code` is for programs, `message` for people: what was expected, what came,
 * what to do.
 */
export type HpdErrorCode =
  /** A caller's argument or option is of the wrong kind or out of range. */
  | "invalid_argument"
  /** A file or model that was asked for is not there. */
  | "not_found"
  /** A file is there but is cut, damaged, hostile or not of the format its name says. */
  | "corrupt_file"
  /** A file is valid but asks for something that this library does not do. */
  | "unsupported"
  /** The model's files contradict each other: a weight is missing or has the wrong shape, a config lacks a key. */
  | "invalid_model"
  /** The hub refused access: a private or gated model, a missing or bad token. */
  | "unauthorized"
  /** The network failed, or is needed while offline. */
  | "network"
  /** The runtime is missing, failed, or a worker died. */
  | "runtime"
  /** The model was used after `dispose()`. */
  | "disposed"
  /** A loss or gradient became NaN or infinite while training. */
  | "diverged";

export class HpdError extends Error {
  override readonly name = "HpdError";
  readonly code: HpdErrorCode;

  constructor(code: HpdErrorCode, message: string, options?: { readonly cause?: unknown }) {
    super(shortened(message), options);
    this.code = code;
  }
}

const maxMessageLength = 2_000;

/**
 * A message of bounded length, whatever a file or a caller put into it. The middle is left out: what to do stands at
 * the end.
 */
function shortened(message: string): string {
  if (message.length <= maxMessageLength) return message;
  const half = maxMessageLength / 2;
  return `${message.slice(0, half)} […] ${message.slice(-half)}`;
}
