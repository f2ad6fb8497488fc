/** Protobuf's wire format: examples of its documentation, and what is long, negative or no ASCII. */
import { expect, test } from "vitest";
import { encodeMessage, Float, type Message } from "../../src/formats/protobuf.ts";

const utf8 = (text: string) => [...new TextEncoder().encode(text)];

test.each<[string, Message, number[]]>([
  ["no field", [], []],
  ["an integer of two bytes", [[1, 150]], [0x08, 0x96, 0x01]],
  ["text", [[2, "testing"]], [0x12, 0x07, ...utf8("testing")]],
  ["a message", [[3, [[1, 150]]]], [0x1a, 0x03, 0x08, 0x96, 0x01]],
  ["-2 as the 64-bit two's complement", [[1, -2]], [0x08, 0xfe, ...new Array(8).fill(0xff), 0x01]],
  ["-300", [[1, -300]], [0x08, 0xd4, 0xfd, ...new Array(7).fill(0xff), 0x01]],
  ["more than 32 bits", [[1, 2 ** 33 + 1]], [0x08, 0x81, 0x80, 0x80, 0x80, 0x20]],
  ["a float", [[2, new Float(-1.5)]], [0x15, 0x00, 0x00, 0xc0, 0xbf]],
  ["a field's number of two bytes", [[20, 7]], [0xa0, 0x01, 0x07]],
  ["fields in their order, text that is no ASCII", [[1, "aé漢"], [1, ""], [4, 0]], [0x0a, 6, ...utf8("aé漢"), 0x0a, 0, 0x20, 0]], // biome-ignore format: one case
])("%s", (_, message, bytes) => {
  expect([...encodeMessage(message)]).toEqual(bytes);
});

test("bytes that take more room than there was", () => {
  const data = Uint8Array.from({ length: 100_000 }, (_, index) => index);
  const encoded = encodeMessage([[9, data], [1, 1]]); // biome-ignore format: one message
  expect(encoded).toEqual(Uint8Array.of(0x4a, 0xa0, 0x8d, 0x06, ...data, 0x08, 0x01));
});
