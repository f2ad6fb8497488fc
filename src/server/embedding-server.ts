/** A server of models as a fetch handler. */

export interface EmbeddingServer extends AsyncDisposable {
  /**
   * Answers a request.
   *
   * @throws HpdError `invalid_argument` for anything but a `Request`, such as a URL; nothing else
   */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Milliseconds after which a request fails (the option `requestTimeout`). */
  readonly requestTimeout: number;
  /** Refuses further requests and fails `/health`. @returns once the requests in progress are answered */
  dispose(): Promise<void>;
}
