/** Elements of the page. Texts become text nodes only, never markup, whatever they hold. */

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<HTMLElementTagNameMap[Name]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** An element of the page's own markup. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** The text in parts, with the words that begin with a word of the query in `<mark>`. */
export function highlighted(text: string, query: string): (Node | string)[] {
  const words = [...new Set(query.match(/[\p{L}\p{N}]{2,}/gu))].slice(0, 100);
  if (words.length === 0) return [text];
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}])((?:${words.join("|")})[\\p{L}\\p{N}]*)`, "giu");
  // Every second part is a match.
  return text.split(pattern).map((part, at) => (at % 2 === 1 ? element("mark", {}, part) : part));
}
