/**
 * A model's name with what a page says of a folder made absolute: a path from `/`, `./` or `../` is one beside the page. A
 * hub id, and all where there is no page, stays as it is.
 */
export function pageUrl(name: string): string {
  const page = globalThis.location?.href;
  return /^[./]|^https?:/.test(name) && URL.canParse(name, page) ? new URL(name, page).href : name;
}
