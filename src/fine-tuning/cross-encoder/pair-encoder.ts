/** Encodes rows of texts as pairs: a row's first text with each other one, and with documents of other rows. */

import { yieldToEventLoop } from "../../common/yielder.ts";
import type { TextPair } from "../../cross-encoder/options.ts";
import type { Random } from "../../random.ts";
import type { ModelTokenizer } from "../../tokenizer/build-tokenizer.ts";
import type { RowEncoder, RowTokens } from "../../training/loop/row-encoder.ts";

export interface PairEncoderOptions {
  readonly tokenizer: Pick<ModelTokenizer, "encodePair">;
  /** The most tokens of a pair. */
  readonly maxLength: number;
  readonly hasTypes: boolean;
  /** Stands before the first text of every pair. */
  readonly prompt: string;
}

type Texts = readonly (readonly string[])[];

export class PairEncoder implements RowEncoder {
  readonly #options: PairEncoderOptions;
  readonly #others: number;

  /** @param others documents of other rows that each row's first text is paired with */
  constructor(options: PairEncoderOptions, others: number) {
    this.#options = options;
    this.#others = others;
  }

  async encode([queries, ...columns]: Texts): Promise<RowTokens> {
    const pairs = columns.map((column) => column.map((document, row): TextPair => [queries![row]!, document]));
    return await this.encodePairs(pairs);
  }

  /**
   * Pairs of each row's first text with random documents of other rows; the row's own second text fills up if there are
   * too few.
   */
  async across([queries, ...columns]: Texts, random: Random): Promise<RowTokens> {
    const rows = queries!.length;
    const all = columns.flat();
    const pairs = Array.from({ length: this.#others }, (): TextPair[] => []);
    for (const [row, query] of queries!.entries()) {
      const drawn = drawWithout(all.length, (at) => at % rows === row, this.#others, random);
      for (const [place, column] of pairs.entries()) {
        const at = drawn[place];
        column.push([query, at === undefined ? columns[0]![row]! : all[at]!]);
      }
    }
    return await this.encodePairs(pairs);
  }

  /** Columns of pairs of any texts. */
  async encodePairs(pairs: readonly (readonly TextPair[])[]): Promise<RowTokens> {
    const { tokenizer, maxLength, hasTypes, prompt } = this.#options;
    const ids: Int32Array[][] = [];
    const types: Int32Array[][] = [];
    let encoded = 0;
    for (const column of pairs) {
      const [ofIds, ofTypes]: [Int32Array[], Int32Array[]] = [[], []];
      for (const [first, second] of column) {
        // In small parts: the thread is the one that hands the learner its next batch.
        if (++encoded % 64 === 0) await yieldToEventLoop();
        const pair = tokenizer.encodePair(prompt + first, second, maxLength);
        ofIds.push(pair.ids);
        ofTypes.push(pair.typeIds);
      }
      ids.push(ofIds);
      types.push(ofTypes);
    }
    return { columns: ids, ...(hasTypes && { types }) };
  }
}

/** @returns `wanted` distinct numbers below `count` that aren't hidden, or all of them if there are fewer */
function drawWithout(count: number, isHidden: (at: number) => boolean, wanted: number, random: Random): number[] {
  const left = Array.from({ length: count }, (_, at) => at).filter((at) => !isHidden(at));
  const drawn: number[] = [];
  while (drawn.length < wanted && left.length > 0) {
    const at = random.nextInteger(left.length);
    drawn.push(left[at]!);
    left[at] = left.at(-1)!;
    left.pop();
  }
  return drawn;
}
