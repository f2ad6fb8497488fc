/** The text with lone surrogates replaced by U+FFFD, as by UTF-8 encoders. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
