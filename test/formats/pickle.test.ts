/** Each opcode alone: what it leaves on top of the stack, and that the table has no other. */
import { expect, test } from "vitest";
import { unpickle } from "../../src/formats/pickle.ts";
import { opcodeHandlers } from "../../src/formats/pickle-opcodes.ts";
import { bytes } from "./build-checkpoint.ts";

const rules = {
  globals: new Map<string, unknown>([["m.pair", (args: readonly unknown[]) => ({ args })]]),
  persistent: (id: unknown) => ({ id }),
};
const value = (...operations: number[]) => unpickle("data.pkl", Uint8Array.of(...operations, 0x2e), rules);

const pair = [0x63, 0x6d, 0x0a, 0x70, 0x61, 0x69, 0x72, 0x0a];
const dict = (...items: [unknown, unknown][]) => new Map(items);

const cases: readonly (readonly [opcode: string, operations: number[], expected: unknown])[] = [
  ["PROTO", [0x80, 5, 0x4e], null],
  ["FRAME", [0x95, ...bytes(8, 2), 0x4e], null],
  ["MARK", [0x28, 0x4e], null],
  ["NONE", [0x4e], null],
  ["NEWTRUE", [0x88], true],
  ["NEWFALSE", [0x89], false],
  ["BININT1", [0x4b, 200], 200],
  ["BININT2", [0x4d, 1, 2], 0x201],
  ["BININT", [0x4a, 0xfe, 0xff, 0xff, 0xff], -2],
  ["LONG1", [0x8a, 2, 0x00, 0x80], -32768],
  ["LONG1 of no bytes", [0x8a, 0], 0],
  ["LONG1 beyond 2^53", [0x8a, 8, 0, 0, 0, 0, 0, 0, 0, 0x40], 2n ** 62n],
  ["BINFLOAT", [0x47, 0xbf, 0xf8, 0, 0, 0, 0, 0, 0], -1.5],
  ["SHORT_BINUNICODE", [0x8c, 2, 0xc3, 0xa9], "é"],
  ["BINUNICODE", [0x58, 1, 0, 0, 0, 0x61], "a"],
  ["BINUNICODE8", [0x8d, ...bytes(8, 1), 0x61], "a"],
  ["SHORT_BINBYTES", [0x43, 1, 7], Uint8Array.of(7)],
  ["BINBYTES", [0x42, 1, 0, 0, 0, 7], Uint8Array.of(7)],
  ["BINBYTES8", [0x8e, ...bytes(8, 1), 7], Uint8Array.of(7)],
  ["EMPTY_TUPLE", [0x29], []],
  ["TUPLE1", [0x4e, 0x88, 0x85], [true]],
  ["TUPLE2", [0x4e, 0x88, 0x86], [null, true]],
  ["TUPLE3", [0x4e, 0x88, 0x89, 0x87], [null, true, false]],
  ["TUPLE", [0x28, 0x4e, 0x88, 0x74], [null, true]],
  ["EMPTY_LIST", [0x5d], []],
  ["APPEND", [0x5d, 0x88, 0x61], [true]],
  ["APPENDS", [0x5d, 0x28, 0x88, 0x89, 0x65], [true, false]],
  ["EMPTY_DICT", [0x7d], dict()],
  ["SETITEM", [0x7d, 0x4b, 1, 0x88, 0x73], dict([1, true])],
  ["SETITEMS", [0x7d, 0x28, 0x4b, 1, 0x88, 0x4b, 2, 0x89, 0x75], dict([1, true], [2, false])],
  ["BINPUT, BINGET", [0x88, 0x71, 9, 0x4e, 0x68, 9], true],
  ["LONG_BINPUT, LONG_BINGET", [0x88, 0x72, 0, 1, 0, 0, 0x4e, 0x6a, 0, 1, 0, 0], true],
  ["MEMOIZE", [0x88, 0x94, 0x89, 0x94, 0x68, 1], false],
  ["GLOBAL", pair, rules.globals.get("m.pair")],
  ["STACK_GLOBAL", [0x8c, 1, 0x6d, 0x8c, 4, 0x70, 0x61, 0x69, 0x72, 0x93], rules.globals.get("m.pair")],
  ["REDUCE", [...pair, 0x88, 0x85, 0x52], { args: [true] }],
  ["BUILD", [0x7d, 0x88, 0x62], dict()],
  ["BINPERSID", [0x4b, 3, 0x51], { id: 3 }],
];

test.each(cases)("%s", (_, operations, expected) => {
  expect(value(...operations)).toEqual(expected);
});

test("every opcode of the table is tested, and any other is refused by its number", () => {
  const used = new Set(cases.flatMap(([, operations]) => operations));
  expect(Object.keys(opcodeHandlers).filter((opcode) => !used.has(Number(opcode)))).toEqual([]);
  const others = Array.from({ length: 256 }, (_, opcode) => opcode).filter(
    (opcode) => opcode !== 0x2e && opcodeHandlers[opcode] === undefined,
  );
  for (const opcode of others) {
    expect(() => value(opcode)).toThrow(
      expect.objectContaining({
        code: "unsupported",
        message: expect.stringContaining(`the opcode 0x${opcode.toString(16).padStart(2, "0")} at byte 0`),
      }),
    );
  }
});
