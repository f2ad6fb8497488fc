/** A passage that was found, as callers get it. */
import { documentIdOf } from "../documents/names.ts";
import { pathOf } from "../files/names.ts";
import type { Passage } from "../store.ts";
import type { DistinctHit } from "./distinct-hits.ts";

export interface PassageHit extends Passage {
  /** The absolute path of its file, if index and files are where they were built or were moved together. */
  readonly path: string;
  /** The id of its document, if a program has added it; `file` and `path` are then `document://` and the id. */
  readonly document?: string | undefined;
  /** Other passages that were found with the same text; the first of all by file and line is the hit. */
  readonly copies: readonly (Omit<Passage, "text"> & Pick<PassageHit, "path" | "document">)[];
  /**
   * Higher is better. `vector`: the model's similarity; `text`: the store's own score; `hybrid`: that of reciprocal
   * rank fusion, at most 2 / 11. With `rerank`: the cross-encoder's.
   */
  readonly score: number;
  /** The score of the search, with `rerank`. */
  readonly searchScore?: number | undefined;
}

/** @param base the folder that contains the index, if there is one */
export function passageHit({ score, passage, copies }: DistinctHit, base: string | undefined): PassageHit {
  const others = copies.map(({ text: _, ...copy }) => located(copy, base));
  return { ...located(passage, base), score, copies: others };
}

function located<P extends Pick<Passage, "file">>(
  passage: P,
  base: string | undefined,
): P & Pick<PassageHit, "path" | "document"> {
  const { file } = passage;
  const document = documentIdOf(file);
  if (document !== undefined) return { ...passage, path: file, document };
  return { ...passage, path: pathOf(file, base) };
}
