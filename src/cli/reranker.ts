/** The cross-encoder of `--rerank`, which is loaded with the flags of the model. */
import { CrossEncoder } from "../cross-encoder/index.ts";
import type { CommandContext } from "./command.ts";
import { loadOptions, tellingOn } from "./model.ts";
import type { ProgressLine } from "./progress.ts";

export function loadReranker(context: CommandContext, model: string, line: ProgressLine): Promise<CrossEncoder> {
  const { pooling: _, revision: __, ...options } = loadOptions(context);
  return CrossEncoder.load(model, { ...options, signal: context.signal, ...tellingOn(line) });
}
