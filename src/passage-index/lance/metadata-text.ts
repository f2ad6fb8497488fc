/**
 * Metadata as JSON: a list of `[field, value]`, because `JSON.parse` of Node 24.21 sometimes gives the name `"\u0002"`
 * of an object as `"\\"`.
 */
import type { Metadata } from "../store.ts";

export function metadataText(metadata: Metadata): string {
  // JSON writes a lone surrogate as an escape, which would be parsed as one again.
  const escapes = /\\\\|\\ud[89a-f][0-9a-f]{2}/g;
  const text = JSON.stringify(Object.entries(metadata));
  return text.replace(escapes, (match) => (match === "\\\\" ? match : "\ufffd"));
}

export function parseMetadata(text: string): Metadata {
  return Object.fromEntries(JSON.parse(text));
}
