/** The place of a queue, as a caller names it. */
export interface QueueOptions {
  /** `redis://[user[:password]@]host[:port][/database]`, or `rediss://` for TLS. */
  readonly queue: string;
  /** The password, where the URL has none. Default: `HPD_QUEUE_PASSWORD` of the environment. */
  readonly password?: string | undefined;
}
