/** Elements of the page. Texts become text nodes only, never markup, whatever they hold. */

export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Partial<Record<"className" | "title" | "type", string>> = {},
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

/** Whether the style sheet lays the page out for a phone. */
export function isNarrow(): boolean {
  return innerWidth < 720;
}

/** A count as `12,345`. */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

export function counted(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A share as `12 %` or `0.4 %`. */
export function percent(part: number): string {
  const value = 100 * part;
  return `${value > 0 && value < 1 ? value.toFixed(1) : Math.round(value)} %`;
}
