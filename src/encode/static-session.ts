/** A session for a static model: it computes on the calling thread, without a runtime, and yields to the event loop. */

import { shortMilliseconds, Yielder } from "../common/yielder.ts";
import { HpdError } from "../errors.ts";
import type { StaticProgram } from "../graph/interpret.ts";
import type { NamedTensors, Session } from "../runtime/session.ts";

export class StaticSession implements Session {
  readonly concurrency = 1;
  #program: StaticProgram | undefined;
  readonly #yielder = new Yielder(undefined, shortMilliseconds);

  constructor(program: StaticProgram) {
    this.#program = program;
  }

  async run({ input_ids: ids, attention_mask: mask }: NamedTensors): Promise<NamedTensors> {
    if (this.#yielder.isDue) await this.#yielder.yield();
    if (this.#program === undefined) throw new HpdError("disposed", "the model was disposed");
    const [texts, sequence] = ids!.shape as [number, number];
    const lengths = lengthsOf(mask!.data as Float32Array, texts, sequence);
    const data = this.#program.run({ ids: ids!.data as Int32Array, lengths });
    return { sentence_embedding: { dtype: "float32", shape: [texts, this.#program.width], data } };
  }

  async dispose(): Promise<void> {
    this.#program = undefined;
  }
}

/** Number of tokens of each text: padding is on the right. */
function lengthsOf(mask: Float32Array, texts: number, sequence: number): Int32Array {
  const lengths = new Int32Array(texts);
  for (let text = 0; text < texts; text++) {
    let length = sequence;
    while (length > 0 && mask[text * sequence + length - 1] === 0) length--;
    lengths[text] = length;
  }
  return lengths;
}
