/**
 * The embeddings of one run, shared by all its evaluators: each distinct text is encoded once, however many evaluators
 * need it. All are in memory: 4 bytes per dimension of each text.
 */

import { describe } from "../common/json.ts";
import { checkedOptions, type OptionTable } from "../common/options.ts";
import type { RolePrompts, RoleTasks } from "../encode/text-roles.ts";
import { HpdError } from "../errors.ts";
import { asEmbeddings, type EmbeddingsLike } from "../similarity/as-embeddings.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import type { EmbeddingLookup, Encode, EncodeTextsOptions, TextRole, TextsByRole } from "./evaluator.ts";

export interface EmbedOptions extends Pick<EncodeTextsOptions, "signal" | "onProgress"> {
  /** Default: none. Roles with the same prompt share their embeddings. */
  readonly prompts?: RolePrompts | undefined;
  /** Default: none. Roles with different tasks don't share their embeddings. */
  readonly tasks?: RoleTasks | undefined;
}

export const embedOptions: OptionTable<EmbedOptions> = {
  prompts: "any",
  tasks: "any",
  onProgress: "function",
  signal: "signal",
};

const noPrompts: RolePrompts = { sentence: "", query: "", document: "" };

/** The embeddings of the texts with one prompt and one task. */
interface EmbeddedGroup {
  readonly rowOf: ReadonlyMap<string, number>;
  readonly embeddings: Embeddings;
}

export class EmbeddedTexts implements EmbeddingLookup {
  readonly dimension: number;
  readonly #groups: ReadonlyMap<string, EmbeddedGroup>;
  readonly #groupOf: (role: TextRole) => string;

  private constructor(
    groups: ReadonlyMap<string, EmbeddedGroup>,
    groupOf: (role: TextRole) => string,
    dimension: number,
  ) {
    this.#groups = groups;
    this.#groupOf = groupOf;
    this.dimension = dimension;
  }

  /**
   * Encodes the union of the texts, longest first, so that batches hold texts of similar length.
   *
   * @throws HpdError `invalid_argument` if `encode` doesn't return one finite vector per text, all of one dimension
   */
  static async encode(
    encode: Encode,
    needs: readonly TextsByRole[],
    options: EmbedOptions = {},
  ): Promise<EmbeddedTexts> {
    checkedOptions("EmbeddedTexts.encode", options, embedOptions);
    const { prompts = noPrompts, tasks = {}, signal, onProgress } = options;
    const groupOf = (role: TextRole): string => JSON.stringify([prompts[role], tasks[role]]);
    const textsOfGroup = new Map<string, { role: TextRole; distinct: Set<string> }>();
    for (const [role, texts] of needs.flatMap((need) => Object.entries(need) as [TextRole, readonly string[]][])) {
      // No texts have no dimension.
      if (texts.length === 0) continue;
      const group = textsOfGroup.get(groupOf(role)) ?? { role, distinct: new Set() };
      for (const text of texts) group.distinct.add(text);
      textsOfGroup.set(groupOf(role), group);
    }
    const longestFirst = [...textsOfGroup].map(([name, { role, distinct }]) => ({
      name,
      role,
      texts: [...distinct].sort((a, b) => b.length - a.length),
    }));
    const total = longestFirst.reduce((sum, { texts }) => sum + texts.length, 0);
    const groups = new Map<string, EmbeddedGroup>();
    let before = 0;
    for (const { name, role, texts } of longestFirst) {
      const task = tasks[role];
      const returned = await encode(texts, {
        prompt: prompts[role],
        ...(task && { task }),
        ...(signal && { signal }),
        onProgress: ({ done }) => onProgress?.({ stage: "encode", done: before + done, total }),
      });
      signal?.throwIfAborted();
      const embeddings = soundEmbeddings(returned, texts);
      groups.set(name, { rowOf: new Map(texts.map((text, row) => [text, row])), embeddings });
      before += texts.length;
    }
    const dimensions = new Set([...groups.values()].map(({ embeddings }) => embeddings.dimension));
    if (dimensions.size > 1) {
      throw new HpdError(
        "invalid_argument",
        `encode should return embeddings of one dimension, got ${[...dimensions].join(" and ")}`,
      );
    }
    return new EmbeddedTexts(groups, groupOf, [...dimensions][0] ?? 0);
  }

  /**
   * The same texts with only the first dimensions of their embeddings (Matryoshka models).
   *
   * @throws HpdError `invalid_argument` for other than 1 to `dimension`
   */
  truncated(dimension: number): EmbeddedTexts {
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > this.dimension) {
      throw new HpdError(
        "invalid_argument",
        `truncated: dimension should be an integer from 1 to ${this.dimension}, got ${describe(dimension)}`,
      );
    }
    return new EmbeddedTexts(this.#groups, this.#groupOf, dimension);
  }

  of(texts: readonly string[], role: TextRole = "sentence"): Embeddings {
    const group = this.#groups.get(this.#groupOf(role));
    const data = new Float32Array(texts.length * this.dimension);
    for (const [index, text] of texts.entries()) {
      const row = group?.rowOf.get(text);
      if (group === undefined || row === undefined) {
        throw new HpdError(
          "invalid_argument",
          `an evaluator should list all its texts in \`texts\`, got ${describe(text)} as ${role}, which is not listed`,
        );
      }
      data.set(group.embeddings.row(row).subarray(0, this.dimension), index * this.dimension);
    }
    return new Embeddings(data, texts.length, this.dimension);
  }
}

function soundEmbeddings(returned: EmbeddingsLike, texts: readonly string[]): Embeddings {
  const embeddings = asEmbeddings(returned);
  if (embeddings.count !== texts.length) {
    throw new HpdError(
      "invalid_argument",
      `encode should return one embedding for each of ${texts.length} texts, got ${embeddings.count}`,
    );
  }
  const wrong = embeddings.data.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return embeddings;
  const text = texts[Math.floor(wrong / embeddings.dimension)]!;
  throw new HpdError(
    "invalid_argument",
    `embeddings should hold finite numbers, got ${embeddings.data[wrong]} in that of ${describe(text)}`,
  );
}
