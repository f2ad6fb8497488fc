/**
 * Reads a Python pickle without running it: the opcodes that `torch.save` writes in protocols 2 to 5, and of Python's
 * objects only those in a table of the caller's. A name outside the table, an opcode outside the list or a `BUILD` of
 * anything but a dict is an error.
 * Source: Lib/pickletools.py of CPython.
 *
 * Values: None is null; int is a number, beyond 2^53 a bigint; str is a string; bytes a Uint8Array; tuple and list are
 * arrays; dict is a Map; a global is what the table has under its name.
 *
 * Limits: the stack's depth is bounded. All else that is allocated grows with the length of the pickle alone, at most
 * some 150 bytes a byte (an empty dict that is remembered), so a caller bounds that. Values may contain themselves or
 * each other many times: don't walk them recursively.
 */
import { HpdError } from "../errors.ts";

export interface PickleRules {
  /** By full name, such as `collections.OrderedDict`. A function is what `REDUCE` may call, with one array of arguments. */
  readonly globals: ReadonlyMap<string, unknown>;
  /** What stands for something that is kept outside the pickle. */
  persistent(id: unknown): unknown;
}

/** Python writes the items of a dict in batches of 1,000. */
const deepestStack = 10_000;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * @param file for messages
 * @throws HpdError `corrupt_file`; `unsupported` for what is not in the rules, by name.
 */
export function unpickle(file: string, bytes: Uint8Array, rules: PickleRules): unknown {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: unknown[] = [];
  const marks: number[] = [];
  const memo = new Map<number, unknown>();
  let at = 0;

  const corrupt = (problem: string) =>
    new HpdError("corrupt_file", `${file}: its pickle is damaged at byte ${at}: ${problem}`);

  /** Moves past `length` bytes and returns where they begin. */
  function take(length: number): number {
    if (length > bytes.length - at) throw corrupt(`${length} bytes expected, ${bytes.length - at} left`);
    at += length;
    return at - length;
  }
  const uint8 = () => view.getUint8(take(1));
  const uint32 = () => view.getUint32(take(4), true);
  function uint64(): number {
    const value = view.getBigUint64(take(8), true);
    if (value > BigInt(bytes.length)) throw corrupt(`${value} bytes expected, ${bytes.length - at} left`);
    return Number(value);
  }
  const slice = (length: number) => bytes.slice(take(length), at);
  function text(length: number): string {
    const start = take(length);
    try {
      return utf8.decode(bytes.subarray(start, at));
    } catch {
      throw corrupt("a string is not UTF-8");
    }
  }
  function line(): string {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw corrupt("a line has no end");
    const content = text(end - at);
    at++;
    return content;
  }
  function long(length: number): number | bigint {
    if (length > 8) throw new HpdError("unsupported", `${file}: its pickle has an integer of ${length} bytes`);
    let value = 0n;
    for (const byte of slice(length).reverse()) value = (value << 8n) | BigInt(byte);
    value = BigInt.asIntN(8 * length, value);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  function top(): unknown {
    if (stack.length <= (marks.at(-1) ?? 0)) throw corrupt("its stack is empty");
    return stack.at(-1);
  }
  function pop(): unknown {
    const value = top();
    stack.pop();
    return value;
  }
  function popMany(count: number): unknown[] {
    if (stack.length - (marks.at(-1) ?? 0) < count) throw corrupt("its stack is empty");
    return stack.splice(stack.length - count);
  }
  function popToMark(): unknown[] {
    const mark = marks.pop();
    if (mark === undefined) throw corrupt("a mark is missing");
    return stack.splice(mark);
  }

  function get(index: number): unknown {
    if (!memo.has(index)) throw corrupt(`memo ${index} is not set`);
    return memo.get(index);
  }
  function global(module: unknown, name: unknown): unknown {
    if (typeof module !== "string" || typeof name !== "string") throw corrupt("a name is not a string");
    const fullName = `${module}.${name}`;
    if (!rules.globals.has(fullName)) {
      throw new HpdError(
        "unsupported",
        `${file} refers to ${fullName.slice(0, 200)}, which is not part of a plain dict of tensors. For safety nothing ` +
          "in it is executed. Save only the weights: torch.save(model.state_dict(), path), or as safetensors.",
      );
    }
    return rules.globals.get(fullName);
  }
  function reduce(args: unknown, callable: unknown): unknown {
    if (typeof callable !== "function" || !Array.isArray(args)) throw corrupt("it calls what is not a function");
    return callable(args);
  }
  function append(items: unknown[], list: unknown): void {
    if (!Array.isArray(list)) throw corrupt("it appends to what is not a list");
    for (const item of items) list.push(item);
  }
  function setItems(items: unknown[], dict: unknown): void {
    if (!(dict instanceof Map) || items.length % 2 !== 0) throw corrupt("it sets items of what is not a dict");
    for (let index = 0; index < items.length; index += 2) dict.set(items[index], items[index + 1]);
  }

  while (true) {
    if (stack.length + marks.length > deepestStack) throw corrupt(`its stack is deeper than ${deepestStack}`);
    const opcode = uint8();
    switch (opcode) {
      case 0x80: // PROTO
        if (uint8() > 5) throw new HpdError("unsupported", `${file}: its pickle is of protocol ${bytes[at - 1]}`);
        break;
      case 0x95: // FRAME
        if (uint64() > bytes.length - at) throw corrupt("a frame reaches past its end");
        break;
      case 0x2e: // STOP
        return pop();
      case 0x28: // MARK
        marks.push(stack.length);
        break;

      case 0x4e: // NONE
        stack.push(null);
        break;
      case 0x88: // NEWTRUE
        stack.push(true);
        break;
      case 0x89: // NEWFALSE
        stack.push(false);
        break;
      case 0x4b: // BININT1
        stack.push(uint8());
        break;
      case 0x4d: // BININT2
        stack.push(view.getUint16(take(2), true));
        break;
      case 0x4a: // BININT
        stack.push(view.getInt32(take(4), true));
        break;
      case 0x8a: // LONG1
        stack.push(long(uint8()));
        break;
      case 0x47: // BINFLOAT
        stack.push(view.getFloat64(take(8), false));
        break;
      case 0x8c: // SHORT_BINUNICODE
        stack.push(text(uint8()));
        break;
      case 0x58: // BINUNICODE
        stack.push(text(uint32()));
        break;
      case 0x8d: // BINUNICODE8
        stack.push(text(uint64()));
        break;
      case 0x43: // SHORT_BINBYTES
        stack.push(slice(uint8()));
        break;
      case 0x42: // BINBYTES
        stack.push(slice(uint32()));
        break;
      case 0x8e: // BINBYTES8
        stack.push(slice(uint64()));
        break;

      case 0x29: // EMPTY_TUPLE
        stack.push([]);
        break;
      case 0x85: // TUPLE1
        stack.push(popMany(1));
        break;
      case 0x86: // TUPLE2
        stack.push(popMany(2));
        break;
      case 0x87: // TUPLE3
        stack.push(popMany(3));
        break;
      case 0x74: // TUPLE
        stack.push(popToMark());
        break;
      case 0x5d: // EMPTY_LIST
        stack.push([]);
        break;
      case 0x61: // APPEND
        append(popMany(1), top());
        break;
      case 0x65: // APPENDS
        append(popToMark(), top());
        break;
      case 0x7d: // EMPTY_DICT
        stack.push(new Map());
        break;
      case 0x73: // SETITEM
        setItems(popMany(2), top());
        break;
      case 0x75: // SETITEMS
        setItems(popToMark(), top());
        break;

      case 0x68: // BINGET
        stack.push(get(uint8()));
        break;
      case 0x6a: // LONG_BINGET
        stack.push(get(uint32()));
        break;
      case 0x71: // BINPUT
        memo.set(uint8(), top());
        break;
      case 0x72: // LONG_BINPUT
        memo.set(uint32(), top());
        break;
      case 0x94: // MEMOIZE
        memo.set(memo.size, top());
        break;

      case 0x63: // GLOBAL
        stack.push(global(line(), line()));
        break;
      case 0x93: {
        // STACK_GLOBAL
        const [module, name] = popMany(2);
        stack.push(global(module, name));
        break;
      }
      case 0x52: // REDUCE
        stack.push(reduce(pop(), pop()));
        break;
      case 0x62: // BUILD: the attributes of a dict (`_metadata` of a state dict), which are no entries of it
        pop();
        if (!(top() instanceof Map)) throw corrupt("it sets attributes of what is not a dict");
        break;
      case 0x51: // BINPERSID
        stack.push(rules.persistent(pop()));
        break;

      default:
        throw new HpdError(
          "unsupported",
          `${file}: its pickle has the opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${at - 1}, ` +
            "which torch.save of a state dict does not write",
        );
    }
  }
}
