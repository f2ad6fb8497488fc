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
import { PickleMachine, type PickleRules } from "./pickle-machine.ts";
import { opcodeHandlers } from "./pickle-opcodes.ts";
import { PickleReader } from "./pickle-reader.ts";

/** The opcode that ends a pickle, whose value is on top of the stack. */
const stop = 0x2e;

/**
 * The value of a pickle.
 *
 * @param file for messages
 * @throws HpdError `corrupt_file`; `unsupported` for what is not in the rules, by name
 */
export function unpickle(file: string, bytes: Uint8Array, rules: PickleRules): unknown {
  const input = new PickleReader(file, bytes);
  const machine = new PickleMachine(input, rules);
  for (;;) {
    machine.requireBoundedStack();
    const opcode = input.uint8();
    if (opcode === stop) return machine.pop();
    const handle = opcodeHandlers[opcode];
    if (handle === undefined) {
      throw input.unsupported(
        `the opcode 0x${opcode.toString(16).padStart(2, "0")} at byte ${input.at - 1}, ` +
          "which torch.save of a state dict does not write",
      );
    }
    handle(machine);
  }
}
