/** Where texts come from, and how far the reading has come. */

export interface TextSource {
  /** For messages: the file, or `standard input`. */
  readonly name: string;
  readonly texts: AsyncIterable<string>;
  /** The part that was read, 0 to 1; undefined where the size is not known. */
  fractionRead(): number | undefined;
}
