/** The search and the texts and clusters that the reader has picked, and the state of each point. */
import type { OwnBytes } from "../../../common/own-bytes.ts";
import { faint, lit, plain } from "./point-painter.ts";
import { TextSearch } from "./text-search.ts";

export class Selection {
  /** The picked text. */
  text: number | undefined;
  /** The text under the pointer. */
  hovered: number | undefined;
  /** `[texts]`: `plain`, `faint` or `lit`. */
  readonly states: OwnBytes;
  readonly #clusterOf: Uint16Array;
  readonly #search: TextSearch;
  #query = "";
  #cluster: number | undefined;
  #matches: Uint32Array | undefined;
  #clustersOfMatches = new Set<number>();

  /** @param clusterOf `[texts]`: the cluster of each text */
  constructor(texts: readonly string[], clusterOf: Uint16Array) {
    this.#clusterOf = clusterOf;
    this.#search = new TextSearch(texts);
    this.states = new Uint8Array(texts.length);
  }

  get query(): string {
    return this.#query;
  }

  /** The picked cluster. */
  get cluster(): number | undefined {
    return this.#cluster;
  }

  /** Texts that the search has found, in order; undefined without a search. */
  get matches(): Uint32Array | undefined {
    return this.#matches;
  }

  set({ query = this.#query, cluster }: { query?: string; cluster: number | undefined }): void {
    if (query !== this.#query) this.#matches = this.#search.matches(query);
    this.#query = query;
    this.#cluster = cluster;
    this.#clustersOfMatches = new Set(Array.from(this.#matches ?? [], (text) => this.#clusterOf[text]!));
    const isInside = (text: number) => cluster === undefined || this.#clusterOf[text] === cluster;
    for (const text of this.states.keys()) {
      this.states[text] = isInside(text) && this.#matches === undefined ? plain : faint;
    }
    for (const text of this.#matches ?? []) if (isInside(text)) this.states[text] = lit;
  }

  /** Texts of the picked cluster that the search has found. */
  found(): number[] {
    return Array.from(this.#matches ?? []).filter((text) => this.states[text] === lit);
  }

  /** Whether the map shows the name of a cluster. */
  isNamed(cluster: number): boolean {
    if (this.#cluster !== undefined) return cluster === this.#cluster;
    return this.#matches === undefined || this.#clustersOfMatches.has(cluster);
  }
}
