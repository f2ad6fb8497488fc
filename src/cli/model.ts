/** The flags that say which model and how to load it, for every command. */
import { basename } from "node:path";
import { defaultModel, type LoadOptions, SentenceTransformer } from "../index.ts";
import { type CommandContext, choiceFlag, positiveIntegerFlag, stringFlag } from "./command.ts";
import { ProgressLine } from "./progress.ts";
import { poolings } from "./settings/choices.ts";
import { say } from "./terminal.ts";

/** How a model is loaded, whichever it is. */
export const loadFlags = {
  dtype: { type: "string" },
  pooling: { type: "string" },
  revision: { type: "string" },
  token: { type: "string" },
  "cache-folder": { type: "string" },
  offline: { type: "boolean" },
  workers: { type: "string" },
} as const;

export const modelFlags = { model: { type: "string" }, ...loadFlags } as const;

export const loadFlagsHelp = `  --dtype T                arithmetic of the network: fp32 (default), or int8, which is faster
  --pooling MODE           for a folder without modules.json: mean, cls, max, mean_sqrt_len_tokens, weightedmean,
                           lasttoken or pooler
  --revision REVISION      branch, tag or commit on the hub
  --token TOKEN            access token of the hub (default: HF_TOKEN, or what \`hf auth login\` left behind)
  --cache-folder FOLDER    the hub's cache (default: as Python's, ~/.cache/huggingface/hub)
  --offline                use the cache alone
  --workers N              threads (default: one for each core, at most 8, as memory allows)`;

export const modelFlagsHelp = `Model:
  --model MODEL            a folder, or a model id on the Hugging Face hub (default: ${basename(defaultModel())},
                           which is part of this package)
${loadFlagsHelp}`;

const loadPoolings = [...poolings, "pooler"] as const satisfies readonly LoadOptions["pooling"][];

/** What the flags say, without what only makes sense in this process. */
export function loadOptions({ flags }: CommandContext): Omit<LoadOptions, "signal" | "onWarning" | "onProgress"> {
  const options: { [K in keyof LoadOptions]: LoadOptions[K] | undefined } = {
    dtype: choiceFlag(flags, "dtype", ["fp32", "int8"]),
    pooling: choiceFlag(flags, "pooling", loadPoolings),
    revision: stringFlag(flags, "revision"),
    token: stringFlag(flags, "token"),
    cacheFolder: stringFlag(flags, "cache-folder"),
    localFilesOnly: flags.offline === true ? true : undefined,
    workers: positiveIntegerFlag(flags, "workers"),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** @param idOrPath instead of `--model` */
export async function loadModel(
  context: CommandContext,
  idOrPath = stringFlag(context.flags, "model") ?? defaultModel(),
  options = loadOptions(context),
): Promise<SentenceTransformer> {
  const line = new ProgressLine();
  try {
    return await SentenceTransformer.load(idOrPath, { ...options, signal: context.signal, ...tellingOn(line) });
  } finally {
    line.clear();
  }
}

/** Warnings on stderr, downloads on the line, which the caller clears. */
export function tellingOn(line: ProgressLine): Pick<LoadOptions, "onWarning" | "onProgress"> {
  return {
    onWarning: say,
    onProgress: ({ file, done, total }) => line.show(() => `${file}  ${megabytes(done)} of ${megabytes(total)} MB`),
  };
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
