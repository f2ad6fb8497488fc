/** Response bodies of JSON. Large ones are streamed piece by piece and are never in memory as a whole. */

/** Size in characters to which pieces are joined. */
const pieceSize = 65_536;

/**
 * The pieces as a response body: a string if they fit into one piece, else a stream.
 *
 * @param onEnd called once the last piece was taken, or the stream cancelled
 */
export function bodyOf(pieces: Iterable<string>, onEnd: () => void): string | ReadableStream<Uint8Array> {
  const joined = joinedPieces(pieces);
  const first = joined.next();
  const second = joined.next();
  if (second.done) {
    onEnd();
    return first.done ? "" : first.value;
  }
  const ahead = [first.value as string, second.value];
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        try {
          const piece = ahead.shift() ?? joined.next().value;
          if (piece !== undefined) {
            controller.enqueue(encoder.encode(piece));
            return;
          }
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        onEnd();
      },
      cancel: onEnd,
    },
    { highWaterMark: 1 },
  );
}

function* joinedPieces(pieces: Iterable<string>): Generator<string, undefined> {
  let waiting: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < pieceSize) continue;
    yield waiting.join("");
    waiting = [];
    length = 0;
  }
  if (length > 0) yield waiting.join("");
  return undefined;
}

/** The pieces of a JSON array whose items are written by `write`. */
export function* arrayPieces<Item>(
  items: Iterable<Item>,
  write: (item: Item, index: number) => string,
): Generator<string> {
  yield "[";
  let index = 0;
  for (const item of items) {
    yield `${index === 0 ? "" : ","}${write(item, index)}`;
    index++;
  }
  yield "]";
}
