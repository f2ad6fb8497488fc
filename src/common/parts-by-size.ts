/** Items in their order, divided into parts. */

/** Parts of items that take at most so much together; what is larger is a part alone. */
export function partsBySize<T>(items: Iterable<T>, most: number, sizeOf: (item: T) => number): T[][] {
  const parts: T[][] = [];
  let room = 0;
  for (const item of items) {
    const size = sizeOf(item);
    if (parts.length === 0 || size > room) {
      parts.push([]);
      room = most;
    }
    parts.at(-1)!.push(item);
    room -= size;
  }
  return parts;
}
