/** An output of text: a file that gets its name when it is complete, or standard output. */
import { once } from "node:events";
import { PartialFile } from "../../files/partial-file.ts";
import { printData } from "../terminal.ts";
import type { Output } from "./outputs.ts";

export interface TextOutput extends Output {
  write(text: string): Promise<void>;
}

/** @param path undefined is standard output */
export async function openTextOutput(path: string | undefined): Promise<TextOutput> {
  const file = path === undefined ? undefined : await PartialFile.create(path);
  return {
    async write(text) {
      if (file !== undefined) await file.append(Buffer.from(text));
      else if (!printData(text)) await once(process.stdout, "drain");
    },
    finish: async () => file?.finish(),
    abort: async () => file?.abort(),
  };
}
