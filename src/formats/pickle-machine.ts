/** The state of unpickling, on which opcodes act: the input, a stack with marks, a memo. */
import { HpdError } from "../errors.ts";
import type { PickleReader } from "./pickle-reader.ts";

export interface PickleRules {
  /**
   * Allowed globals by full name, such as `collections.OrderedDict`. `REDUCE` calls functions with one array of
   * arguments.
   */
  readonly globals: ReadonlyMap<string, unknown>;
  /** Resolves a persistent id: the stand-in for an object that is stored outside the pickle. */
  persistent(id: unknown): unknown;
}

/** Maximum depth of the stack. Python writes the items of a dict in batches of 1,000. */
const maxDepth = 10_000;

export class PickleMachine {
  readonly input: PickleReader;
  readonly #rules: PickleRules;
  readonly #stack: unknown[] = [];
  /** Depths of the stack at each open `MARK`. */
  readonly #marks: number[] = [];
  readonly #memo = new Map<number, unknown>();

  constructor(input: PickleReader, rules: PickleRules) {
    this.input = input;
    this.#rules = rules;
  }

  requireBoundedStack(): void {
    if (this.#stack.length + this.#marks.length > maxDepth) {
      throw this.input.corrupt(`its stack is deeper than ${maxDepth}`);
    }
  }

  push(value: unknown): void {
    this.#stack.push(value);
  }

  top(): unknown {
    this.#require(1);
    return this.#stack.at(-1);
  }

  pop(): unknown {
    this.#require(1);
    return this.#stack.pop();
  }

  popMany(count: number): unknown[] {
    this.#require(count);
    return this.#stack.splice(this.#stack.length - count);
  }

  mark(): void {
    this.#marks.push(this.#stack.length);
  }

  popToMark(): unknown[] {
    const mark = this.#marks.pop();
    if (mark === undefined) throw this.input.corrupt("a mark is missing");
    return this.#stack.splice(mark);
  }

  /** Stores the top of the stack in the memo. Default index: the next one. */
  memoize(index = this.#memo.size): void {
    this.#memo.set(index, this.top());
  }

  /** Pushes a value of the memo. */
  pushMemo(index: number): void {
    if (!this.#memo.has(index)) throw this.input.corrupt(`memo ${index} is not set`);
    this.push(this.#memo.get(index));
  }

  pushGlobal(module: unknown, name: unknown): void {
    if (typeof module !== "string" || typeof name !== "string") throw this.input.corrupt("a name is not a string");
    const fullName = `${module}.${name}`;
    if (!this.#rules.globals.has(fullName)) {
      throw new HpdError(
        "unsupported",
        `${this.input.file} refers to ${fullName.slice(0, 200)}, which is not part of a plain dict of tensors; for safety ` +
          "nothing in it is executed. Save only the weights: torch.save(model.state_dict(), path), or as safetensors",
      );
    }
    this.push(this.#rules.globals.get(fullName));
  }

  pushPersistent(id: unknown): void {
    this.push(this.#rules.persistent(id));
  }

  /** Refuses to reach below the last mark. */
  #require(count: number): void {
    if (this.#stack.length - (this.#marks.at(-1) ?? 0) < count) throw this.input.corrupt("its stack is empty");
  }
}
