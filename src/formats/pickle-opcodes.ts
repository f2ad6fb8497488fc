/**
 * The opcodes that `torch.save` writes in protocols 2 to 5, under their names in Lib/pickletools.py of CPython. `STOP`
 * is not among them: it ends the loop.
 */
import type { PickleMachine } from "./pickle-machine.ts";

/** Executes an opcode whose byte has been read. @throws HpdError `corrupt_file`, `unsupported` */
export type OpcodeHandler = (machine: PickleMachine) => void;

export const opcodeHandlers: Readonly<Record<number, OpcodeHandler>> = {
  // PROTO
  128: ({ input }) => {
    const protocol = input.uint8();
    if (protocol > 5) throw input.unsupported(`protocol ${protocol}, expected at most 5`);
  },
  // FRAME
  149: ({ input }) => {
    if (input.uint64() > input.remaining) throw input.corrupt("a frame reaches past its end");
  },
  // MARK
  40: (machine) => machine.mark(),

  // NONE
  78: (machine) => machine.push(null),
  // NEWTRUE
  136: (machine) => machine.push(true),
  // NEWFALSE
  137: (machine) => machine.push(false),
  // BININT1
  75: (machine) => machine.push(machine.input.uint8()),
  // BININT2
  77: (machine) => machine.push(machine.input.uint16()),
  // BININT
  74: (machine) => machine.push(machine.input.int32()),
  // LONG1
  138: (machine) => machine.push(machine.input.integer(machine.input.uint8())),
  // BINFLOAT
  71: (machine) => machine.push(machine.input.float64()),
  // SHORT_BINUNICODE
  140: (machine) => machine.push(machine.input.text(machine.input.uint8())),
  // BINUNICODE
  88: (machine) => machine.push(machine.input.text(machine.input.uint32())),
  // BINUNICODE8
  141: (machine) => machine.push(machine.input.text(machine.input.uint64())),
  // SHORT_BINBYTES
  67: (machine) => machine.push(machine.input.bytes(machine.input.uint8())),
  // BINBYTES
  66: (machine) => machine.push(machine.input.bytes(machine.input.uint32())),
  // BINBYTES8
  142: (machine) => machine.push(machine.input.bytes(machine.input.uint64())),

  // EMPTY_TUPLE
  41: (machine) => machine.push([]),
  // TUPLE1
  133: (machine) => machine.push(machine.popMany(1)),
  // TUPLE2
  134: (machine) => machine.push(machine.popMany(2)),
  // TUPLE3
  135: (machine) => machine.push(machine.popMany(3)),
  // TUPLE
  116: (machine) => machine.push(machine.popToMark()),
  // EMPTY_LIST
  93: (machine) => machine.push([]),
  // APPEND
  97: (machine) => append(machine, machine.popMany(1)),
  // APPENDS
  101: (machine) => append(machine, machine.popToMark()),
  // EMPTY_DICT
  125: (machine) => machine.push(new Map()),
  // SETITEM
  115: (machine) => setItems(machine, machine.popMany(2)),
  // SETITEMS
  117: (machine) => setItems(machine, machine.popToMark()),

  // BINGET
  104: (machine) => machine.pushMemo(machine.input.uint8()),
  // LONG_BINGET
  106: (machine) => machine.pushMemo(machine.input.uint32()),
  // BINPUT
  113: (machine) => machine.memoize(machine.input.uint8()),
  // LONG_BINPUT
  114: (machine) => machine.memoize(machine.input.uint32()),
  // MEMOIZE
  148: (machine) => machine.memoize(),

  // GLOBAL
  99: (machine) => machine.pushGlobal(machine.input.line(), machine.input.line()),
  // STACK_GLOBAL
  147: (machine) => {
    const [module, name] = machine.popMany(2);
    machine.pushGlobal(module, name);
  },
  // REDUCE
  82: (machine) => {
    const args = machine.pop();
    const callable = machine.pop();
    if (typeof callable !== "function" || !Array.isArray(args)) {
      throw machine.input.corrupt("it calls what is not a function");
    }
    machine.push(callable(args));
  },
  // BUILD: the attributes of a dict (`_metadata` of a state dict), which are no entries of it
  98: (machine) => {
    machine.pop();
    if (!(machine.top() instanceof Map)) throw machine.input.corrupt("it sets attributes of what is not a dict");
  },
  // BINPERSID
  81: (machine) => machine.pushPersistent(machine.pop()),
};

/** Appends items to the list on top of the stack. */
function append(machine: PickleMachine, items: readonly unknown[]): void {
  const list = machine.top();
  if (!Array.isArray(list)) throw machine.input.corrupt("it appends to what is not a list");
  for (const item of items) list.push(item);
}

/** Sets keys and values, one after the other, in the dict on top of the stack. */
function setItems(machine: PickleMachine, items: readonly unknown[]): void {
  const dict = machine.top();
  if (!(dict instanceof Map) || items.length % 2 !== 0) {
    throw machine.input.corrupt("it sets items of what is not a dict");
  }
  for (let index = 0; index < items.length; index += 2) dict.set(items[index], items[index + 1]);
}
