/**
 * The embeddings of one run, shared by all its evaluators: each distinct text is encoded once, however many of them need
 * it. They are in memory together: 4 bytes for each dimension of each text.
 */
import { checkedOptions, type OptionTable } from "../common/options.ts";
import { HpdError } from "../errors.ts";
import { Embeddings } from "../tensor/embeddings.ts";
import type { EmbeddingLookup, Encode, EncodeTextsOptions, TextRole, TextsByRole } from "./evaluator.ts";

/** What a model puts before the texts of each role. */
export type RolePrompts = Readonly<Record<TextRole, string>>;

export interface EmbedOptions extends Pick<EncodeTextsOptions, "signal" | "onProgress"> {
  /** Default: none. Roles with the same prompt share their embeddings. */
  prompts?: RolePrompts;
}

export const embedOptions: OptionTable<EmbedOptions> = { prompts: "any", onProgress: "function", signal: "signal" };

const noPrompts: RolePrompts = { sentence: "", query: "", document: "" };

/** The texts that stand behind one prompt. */
interface EmbeddedGroup {
  readonly rowOf: ReadonlyMap<string, number>;
  readonly embeddings: Embeddings;
}

export class EmbeddedTexts implements EmbeddingLookup {
  readonly dimension: number;
  readonly #groups: ReadonlyMap<string, EmbeddedGroup>;
  readonly #prompts: RolePrompts;

  private constructor(groups: ReadonlyMap<string, EmbeddedGroup>, prompts: RolePrompts, dimension: number) {
    this.#groups = groups;
    this.#prompts = prompts;
    this.dimension = dimension;
  }

  /**
   * Encodes the union of the texts, the longest first, so that texts of like length meet in a batch.
   *
   * @throws HpdError `invalid_argument` where `encode` gives other than one finite vector a text, all equally long
   */
  static async encode(
    encode: Encode,
    needs: readonly TextsByRole[],
    options: EmbedOptions = {},
  ): Promise<EmbeddedTexts> {
    const { prompts = noPrompts, signal, onProgress } = checkedOptions("EmbeddedTexts.encode", options, embedOptions);
    const textsOfPrompt = new Map<string, Set<string>>();
    for (const [role, texts] of needs.flatMap((need) => Object.entries(need) as [TextRole, readonly string[]][])) {
      const distinct = textsOfPrompt.get(prompts[role]) ?? new Set();
      for (const text of texts) distinct.add(text);
      textsOfPrompt.set(prompts[role], distinct);
    }
    const longestFirst = [...textsOfPrompt].map(([prompt, distinct]) => ({
      prompt,
      texts: [...distinct].sort((a, b) => b.length - a.length),
    }));
    const total = longestFirst.reduce((sum, { texts }) => sum + texts.length, 0);
    const groups = new Map<string, EmbeddedGroup>();
    let before = 0;
    for (const { prompt, texts } of longestFirst) {
      const embeddings = await encode(texts, {
        prompt,
        ...(signal && { signal }),
        onProgress: ({ done }) => onProgress?.({ done: before + done, total }),
      });
      signal?.throwIfAborted();
      requireSound(embeddings, texts);
      groups.set(prompt, { rowOf: new Map(texts.map((text, row) => [text, row])), embeddings });
      before += texts.length;
    }
    const dimensions = new Set([...groups.values()].map(({ embeddings }) => embeddings.dimension));
    if (dimensions.size > 1) {
      throw new HpdError("invalid_argument", `encode gave embeddings of dimensions ${[...dimensions].join(" and ")}`);
    }
    return new EmbeddedTexts(groups, prompts, [...dimensions][0] ?? 0);
  }

  /** The same texts with the first dimensions of their embeddings alone (Matryoshka models). */
  truncated(dimension: number): EmbeddedTexts {
    if (!Number.isInteger(dimension) || dimension < 1 || dimension > this.dimension) {
      throw new HpdError(
        "invalid_argument",
        `embeddings of dimension ${this.dimension} can't be truncated to ${dimension}`,
      );
    }
    return new EmbeddedTexts(this.#groups, this.#prompts, dimension);
  }

  of(texts: readonly string[], role: TextRole = "sentence"): Embeddings {
    const group = this.#groups.get(this.#prompts[role]);
    const data = new Float32Array(texts.length * this.dimension);
    for (const [index, text] of texts.entries()) {
      const row = group?.rowOf.get(text);
      if (group === undefined || row === undefined) {
        throw new HpdError(
          "invalid_argument",
          `${JSON.stringify(text.slice(0, 60))} was not encoded as ${role}: an evaluator names all its texts in \`texts\``,
        );
      }
      data.set(group.embeddings.row(row).subarray(0, this.dimension), index * this.dimension);
    }
    return new Embeddings(data, texts.length, this.dimension);
  }
}

function requireSound(embeddings: Embeddings, texts: readonly string[]): void {
  if (!(embeddings instanceof Embeddings) || embeddings.count !== texts.length) {
    const got = embeddings instanceof Embeddings ? `${embeddings.count} embeddings` : typeof embeddings;
    throw new HpdError(
      "invalid_argument",
      `encode should give Embeddings, one for each of ${texts.length} texts, got ${got}`,
    );
  }
  const wrong = embeddings.data.findIndex((value) => !Number.isFinite(value));
  if (wrong < 0) return;
  const text = texts[Math.floor(wrong / embeddings.dimension)]!;
  throw new HpdError(
    "invalid_argument",
    `the embedding of ${JSON.stringify(text.slice(0, 60))} holds ${embeddings.data[wrong]}, which is no number to compare`,
  );
}
