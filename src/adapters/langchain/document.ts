/** A passage in the form of LangChain's own loaders of text. */
import { Document } from "@langchain/core/documents";
import type { PassageHit } from "../../passage-index/index.ts";

/** A passage of a file: its metadata are its own and `source`, `loc.lines`, `score`. */
export function documentOf(hit: PassageHit): Document {
  const { id, text, path, firstLine, lastLine, score, metadata } = hit;
  const loc = { lines: { from: firstLine, to: lastLine } };
  return new Document({ id, pageContent: text, metadata: { ...metadata, source: path, loc, score } });
}
