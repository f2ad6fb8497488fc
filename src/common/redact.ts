/**
 * Passwords of URLs, kept out of messages. What a person typed may be no URL by the rules (a slash too few, a blank
 * before it, an `@` or `/` in the password), so it need only look like one: rather too much is hidden than too little.
 * The lengths are bounded so that the time is linear in that of the text.
 */

/** `scheme://user:password@`; PostgreSQL's scheme with no slash at all, too. A file URL has a drive, no password. */
const password =
  /(?<![a-z0-9+.-])((?:(?!file:)[a-z][a-z0-9+.-]{0,30}:\/{1,3}|postgres(?:ql)?:)[^\s/?#:@]{0,300}):[^\s"'`<>]{0,1000}@/gi;

/** A user name alone, which for a web server is a token as often as not. */
const nameAlone = /(https?:\/\/)[^\s/?#:@"'`<>]{1,300}@/gi;

/** `password=...` in a query, or in PostgreSQL's `key=value` form. */
const namedSecret = /\b((?:pg|ssl)?password|passwd|secret|token|access_token|auth_token|api_key)=[^\s&"'`<>]+/gi;

/** The text with `***` for the password of every URL in it. */
export function redactPasswords(text: string): string {
  return text.replace(password, "$1:***@").replace(nameAlone, "$1***@").replace(namedSecret, "$1=***");
}
