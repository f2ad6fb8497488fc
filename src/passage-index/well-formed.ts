/** A lone surrogate counts as U+FFFD, as it does where UTF-8 is written. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}
