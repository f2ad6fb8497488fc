/** The files of one model, wherever they lie. Everything above this folder sees a model through this type alone. */
import type { ByteSource } from "../formats/byte-source.ts";

export interface ModelSource {
  /** What to call the model in messages: the folder or the hub id. */
  readonly name: string;
  /** Paths of all files, relative, with forward slashes, sorted: `config.json`, `1_Pooling/config.json`. */
  readonly files: readonly string[];
  /** @throws HpdError `not_found` naming the model, the file and what is there. */
  open(file: string): Promise<ByteSource>;
}
