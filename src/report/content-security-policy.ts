/**
 * The policy in the head of every HTML report: no network, and no script but its own, told by its hash. So whatever a
 * text, a name or a number of a report holds, a browser runs none of it.
 * Source: W3C, Content Security Policy Level 3.
 */
import { createHash } from "node:crypto";

/**
 * @param scripts what stands between the tags of each inline script, byte for byte
 * @returns a `<meta>`, to stand before any style or script
 */
export function policyTag(scripts: readonly string[] = []): string {
  const hashes = scripts.map((script) => `'sha256-${createHash("sha256").update(script).digest("base64")}'`);
  const policy = [
    "default-src 'none'",
    // Bars and dots are placed by style attributes.
    "style-src 'unsafe-inline'",
    ...(hashes.length === 0 ? [] : [`script-src ${hashes.join(" ")}`]),
    "base-uri 'none'",
    "form-action 'none'",
  ];
  return `<meta http-equiv="Content-Security-Policy" content="${policy.join("; ")}">`;
}
