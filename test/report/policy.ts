/** What every HTML report has to have in its head. */
import { createHash } from "node:crypto";
import { expect } from "vitest";

/** A policy before all else that could load or run something, which allows just the page's own scripts. */
export function expectPolicy(html: string): void {
  const [tag, policy] = /<meta http-equiv="Content-Security-Policy" content="([^"]+)">/.exec(html) ?? [];
  expect(tag).toBeDefined();
  expect(html.slice(0, html.indexOf(tag!))).not.toMatch(/<(?:style|script|link|body|title)/);
  expect(policy).toContain("default-src 'none'; ");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  // A type that is not JavaScript's is data.
  const scripts = [...html.matchAll(/<script(?: type="module")?>(.*?)<\/script>/gs)].map(([, script]) => script!);
  const allowed = [...policy!.matchAll(/'sha256-([^']+)'/g)].map(([, hash]) => hash);
  expect(allowed).toEqual(scripts.map((script) => createHash("sha256").update(script).digest("base64")));
}
