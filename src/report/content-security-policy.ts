/**
 * The policy in the head of every HTML report: no network, and no script but its own, told by its hash. So whatever a
 * text, a name or a number of a report holds, a browser runs none of it.
 * Source: W3C, Content Security Policy Level 3.
 */
import { createHash } from "node:crypto";

/**
 * @param scripts what stands between the tags of each inline script, byte for byte
 * @param asksServer whether the page may send requests to the server that it came from
 */
export function policyOf(scripts: readonly string[] = [], asksServer = false): string {
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  return [
    "default-src 'none'",
    // Bars and dots are placed by style attributes.
    "style-src 'unsafe-inline'",
    ...(hashes.length === 0 ? [] : [`script-src ${hashes.join(" ")}`]),
    ...(asksServer ? ["connect-src 'self'"] : []),
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
}

/** The policy as a `<meta>`, to stand before any style or script. */
export function policyTag(...parameters: Parameters<typeof policyOf>): string {
  return `<meta http-equiv="Content-Security-Policy" content="${policyOf(...parameters)}">`;
}
