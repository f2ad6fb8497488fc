/** The indexes of a server by name. */
import { describe } from "../common/json.ts";
import { HpdError } from "../errors.ts";
import { PassageIndex } from "../passage-index/index.ts";
import { Failure } from "./failure.ts";

/** An index with the name by which requests select it. */
export interface NamedIndex {
  readonly name: string;
  readonly index: PassageIndex;
}

export class ServedIndexes {
  readonly named: readonly NamedIndex[];

  /** @throws HpdError `invalid_argument` for two of one name, or what is no index */
  constructor(named: readonly NamedIndex[]) {
    if (!Array.isArray(named)) {
      throw new HpdError("invalid_argument", `indexes should be an array of { name, index }, got ${describe(named)}`);
    }
    const names = new Set<string>();
    for (const [at, each] of named.entries()) {
      if (typeof each?.name !== "string" || each.name === "") {
        throw new HpdError("invalid_argument", `indexes[${at}].name should be a string that is not empty`);
      }
      if (!(each.index instanceof PassageIndex)) {
        throw new HpdError("invalid_argument", `indexes[${at}].index should be an open PassageIndex`);
      }
      if (names.has(each.name)) throw new HpdError("invalid_argument", `two indexes are called ${describe(each.name)}`);
      names.add(each.name);
    }
    this.named = [...named];
  }

  /** The index of that name, or the first one. @throws Failure `unknown_index` */
  find(name: string | undefined): NamedIndex {
    const found = name === undefined ? this.named[0] : this.named.find((each) => each.name === name);
    if (found !== undefined) return found;
    const names = this.named.map((each) => each.name).join(", ");
    const message =
      names === "" ? "this server has no index" : `The index ${describe(name)} does not exist; there are: ${names}`;
    throw new Failure("unknown_index", message, { param: "index" });
  }

  /** Replaces the locations of indexes by their names in a message. */
  withoutFolders(message: string): string {
    return this.named.reduce((text, { name, index }) => text.replaceAll(index.name, name), message);
  }
}
