/** A page of values alone, without levels, as hyparquet takes it: those of a list, whose levels are read here. */

/** Fields of Thrift's compact protocol: an integer and a struct, one field on; a struct, two fields on. */
const [integer, structAfterNext, end] = [0x15, 0x2c, 0];

/** The format's numbers of a data page of the first version, and of the encoding of its levels. */
const [dataPage, runLength] = [0, 3];

/** @param count the number of values, which are encoded by the encoding of this number */
export function valuesPage(
  bytes: Uint8Array,
  count: number,
  by: number,
): { header: Uint8Array; compressed: Uint8Array; valuesAt: number; page: Uint8Array } {
  const size = [integer, ...zigzag(bytes.length)];
  const ofData = [count, by, runLength, runLength].flatMap((value) => [integer, ...zigzag(value)]);
  const header = [integer, ...zigzag(dataPage), ...size, ...size, structAfterNext, ...ofData, end, end];
  return { header: Uint8Array.from(header), compressed: bytes, valuesAt: 0, page: bytes };
}

/** A whole number from 0 up as Thrift writes integers with a sign. */
function zigzag(value: number): number[] {
  const bytes: number[] = [];
  let left = 2 * value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) + 128);
  return [...bytes, left];
}
