/** The selection in the fragment of the page's address: a link shows the same. */

export interface Linked {
  readonly query: string;
  /** The picked cluster. */
  readonly cluster: number | undefined;
  /** The picked text. */
  readonly text: number | undefined;
}

export function writeLink({ query, cluster, text }: Linked): void {
  const parts = new URLSearchParams();
  if (query !== "") parts.set("q", query);
  if (cluster !== undefined) parts.set("cluster", String(cluster + 1));
  if (text !== undefined) parts.set("text", String(text + 1));
  const hash = parts.size > 0 ? `#${parts}` : "";
  if (hash !== location.hash) history.replaceState(null, "", hash === "" ? location.pathname + location.search : hash);
}

/** The selection of the address. Clusters and texts that the map doesn't have are not picked. */
export function readLink(texts: number, clusters: number): Linked {
  const parts = new URLSearchParams(location.hash.slice(1));
  const index = (name: string, below: number) => {
    const value = Number(parts.get(name)) - 1;
    return Number.isInteger(value) && value >= 0 && value < below ? value : undefined;
  };
  return { query: parts.get("q") ?? "", cluster: index("cluster", clusters), text: index("text", texts) };
}
