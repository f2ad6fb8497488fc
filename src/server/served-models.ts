/** The models of a server by name. */
import { optionsHint } from "../common/arguments.ts";
import { describe } from "../common/json.ts";
import { CrossEncoder } from "../cross-encoder/cross-encoder.ts";
import { SentenceTransformer } from "../encode/sentence-transformer.ts";
import { HpdError } from "../errors.ts";
import { SparseEncoder } from "../sparse-encoder/sparse-encoder.ts";
import { Failure } from "./failure.ts";

/** A model with the name by which requests select it. A model may have several names. */
export interface NamedModel {
  readonly name: string;
  readonly model: SentenceTransformer | SparseEncoder | CrossEncoder;
}

const kinds = [SentenceTransformer, SparseEncoder, CrossEncoder] as const;

export class ServedModels {
  readonly named: readonly NamedModel[];

  /** @throws HpdError `invalid_argument` for none, two of one name, or what is no model */
  constructor(named: readonly NamedModel[]) {
    if (!Array.isArray(named) || named.length === 0) {
      throw new HpdError(
        "invalid_argument",
        `models should be an array of { name, model }, got ${describe(named)}${optionsHint(named)}`,
      );
    }
    for (const [index, each] of named.entries()) {
      if (typeof each?.name !== "string" || each.name === "") {
        throw new HpdError("invalid_argument", `models[${index}].name should be a string that is not empty`);
      }
      if (!kinds.some((kind) => each.model instanceof kind)) {
        throw new HpdError(
          "invalid_argument",
          `models[${index}].model should be a SentenceTransformer, a SparseEncoder or a CrossEncoder`,
        );
      }
    }
    const names = named.map(({ name }) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) throw new HpdError("invalid_argument", `two models are called ${describe(twice)}`);
    this.named = [...named];
  }

  /**
   * The embedding model of that name, or the first one if no name is given.
   *
   * @throws Failure `unknown_model`, `wrong_model`
   */
  embedder(name: string | undefined): { name: string; model: SentenceTransformer } {
    const found = this.#find(name, SentenceTransformer, "embedding model");
    return found as { name: string; model: SentenceTransformer };
  }

  /** The sparse encoder of that name, or the first one. @throws Failure as `embedder` */
  sparseEncoder(name: string | undefined): { name: string; model: SparseEncoder } {
    return this.#find(name, SparseEncoder, "sparse encoder") as { name: string; model: SparseEncoder };
  }

  /** The cross-encoder of that name, or the first one. @throws Failure as `embedder` */
  crossEncoder(name: string | undefined): { name: string; model: CrossEncoder } {
    return this.#find(name, CrossEncoder, "cross-encoder") as { name: string; model: CrossEncoder };
  }

  #find(name: string | undefined, kind: (typeof kinds)[number], what: string): NamedModel {
    const ofKind = this.named.filter(({ model }) => model instanceof kind);
    if (name === undefined) {
      if (ofKind[0] !== undefined) return ofKind[0];
      throw new Failure("wrong_model", `this server has no ${what}`, { param: "model" });
    }
    const found = this.byName(name);
    if (found === undefined) {
      const names = ofKind.map((each) => each.name).join(", ") || "none";
      throw new Failure("unknown_model", `The model ${describe(name)} does not exist; there are: ${names}`, {
        param: "model",
      });
    }
    if (found.model instanceof kind) return found;
    throw new Failure("wrong_model", `model is not ${what === "embedding model" ? "an" : "a"} ${what}`, {
      param: "model",
    });
  }

  /** Replaces the folders of models by their names in a message: folders are not disclosed. */
  withoutFolders(message: string): string {
    return this.named.reduce((text, { name, model }) => text.replaceAll(model.describe().name, name), message);
  }

  /** The model of a name, to which Ollama's clients append the tag `:latest`. */
  byName(name: string): NamedModel | undefined {
    const of = (wanted: string) => this.named.find((each) => each.name === wanted);
    return of(name) ?? (name.endsWith(":latest") ? of(name.slice(0, -":latest".length)) : undefined);
  }
}
