/** Any character of Unicode for properties, as fast-check's unit "binary" is, which takes a second to be made. */
import fc from "fast-check";

export const anyCharacter: fc.Arbitrary<string> = fc
  .oneof(fc.integer({ min: 0, max: 0xd7ff }), fc.integer({ min: 0xe000, max: 0x10ffff }))
  .map((code) => String.fromCodePoint(code));
