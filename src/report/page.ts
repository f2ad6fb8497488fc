/** The document of an HTML report: one file that opens from disk, without network. */
import { policyTag } from "./content-security-policy.ts";
import { html, Markup } from "./markup.ts";
import { baseStyle } from "./style.ts";

interface Page {
  readonly title: string;
  /** Style sheet, after `baseStyle`. */
  readonly style: string;
  /** The only script that may run, at the end of the body. */
  readonly script?: { readonly code: string; readonly type?: "module" };
  /** Whether the page may send requests to the server that it came from. Default false. */
  readonly asksServer?: boolean;
  /** Further elements of the head. */
  readonly head?: Markup;
  readonly body: Markup;
}

export function htmlPage({ title, style, script, asksServer, head, body }: Page): string {
  const scriptTag = script && [
    new Markup(script.type === undefined ? "<script>" : `<script type="${script.type}">`),
    new Markup(`${script.code}</script>\n`),
  ];
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
${new Markup(policyTag(script === undefined ? [] : [script.code], asksServer))}
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<title>${title}</title>
<style>${new Markup(baseStyle + style)}</style>
</head>
<body>
${body}
${scriptTag}</body>
</html>
`;
  return page.text;
}
