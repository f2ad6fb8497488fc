/** Token limits for the lines of a frame, which leave room for the lines that complete a piece of it. */
import type { Frame } from "./block.ts";
import type { TokenLimit, Unit } from "./units.ts";

export class FrameLimits {
  readonly #limit: TokenLimit;
  readonly #limits = new Map<Frame, TokenLimit>();

  constructor(limit: TokenLimit) {
    this.#limit = limit;
  }

  /** The limit for units of a block in a frame. */
  limitOf(frame: Frame | undefined): TokenLimit {
    if (frame === undefined) return this.#limit;
    const known = this.#limits.get(frame);
    if (known !== undefined) return known;
    const { count, most, overhead } = this.#limit;
    const tokens = count(`${frame.before}\n\n${frame.after}`) - overhead;
    // If they would take more than half of a passage, pieces go without them.
    const limit = 2 * tokens > most - overhead ? this.#limit : { ...this.#limit, most: most - tokens };
    this.#limits.set(frame, limit);
    return limit;
  }

  /** The lines that complete a passage of `units[first]` to `units[end - 1]`. */
  around(units: readonly Unit[], first: number, end: number): { before: string; after: string } {
    const { frame: opened, firstLine } = units[first]!.block;
    const { frame: closed, lastLine } = units[end - 1]!.block;
    const isRepeated = (frame: Frame | undefined): frame is Frame =>
      frame !== undefined && this.limitOf(frame) !== this.#limit;
    const before = isRepeated(opened) && firstLine > lastLineOf(opened) ? opened.before : "";
    const after = isRepeated(closed) && lastLine !== closed.lastLine ? closed.after : "";
    return { before: before === "" ? "" : `${before}\n`, after: after === "" ? "" : `\n${after}` };
  }
}

/** The last of the lines that are repeated. */
export function lastLineOf({ firstLine, before }: Frame): number {
  return firstLine + before.split("\n").length - 1;
}
