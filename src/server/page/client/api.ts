/** The requests of the page: what there is to search, and searches. */

export interface FieldInfo {
  readonly name: string;
  readonly types: readonly ("string" | "number" | "boolean")[];
}

export interface IndexInfo {
  readonly name: string;
  readonly passages: number;
  readonly fields: readonly FieldInfo[];
}

export interface Contents {
  readonly indexes: readonly IndexInfo[];
  readonly rerankers: readonly string[];
}

export interface Place {
  readonly file: string;
  readonly document?: string;
  readonly first_line: number;
  readonly last_line: number;
}

export interface Hit extends Place {
  readonly text: string;
  readonly score: number;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly copies: readonly Place[];
}

/** An answer with another status than 200. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export class Api {
  /** The key, kept while the page is open and nowhere else. */
  key = "";

  contents(): Promise<Contents> {
    return this.#ask("GET");
  }

  async search(request: object, signal: AbortSignal): Promise<readonly Hit[]> {
    return (await this.#ask<{ hits: readonly Hit[] }>("POST", request, signal)).hits;
  }

  async #ask<Answer>(method: string, body?: object, signal?: AbortSignal): Promise<Answer> {
    const response = await fetch("search", {
      method,
      headers: { "content-type": "application/json", ...(this.key !== "" && { authorization: `Bearer ${this.key}` }) },
      ...(body && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    const answer = await response.json().catch(() => ({}));
    if (response.ok) return answer;
    throw new Refusal(
      response.status,
      answer.error?.message ?? answer.error ?? `the server answered ${response.status}`,
    );
  }
}
