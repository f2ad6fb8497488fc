/** The options of a machine that takes part in a work: none of them changes a byte of the results. */
import type { OptionTable } from "../common/options.ts";
import { type LoadOptions, loadOptions } from "../encode/options.ts";

export interface OpenWorkOptions
  extends Pick<
    LoadOptions,
    "workers" | "token" | "cacheFolder" | "localFilesOnly" | "onWarning" | "onProgress" | "signal"
  > {}

export const openWorkOptions: OptionTable<OpenWorkOptions> = {
  workers: loadOptions.workers,
  token: loadOptions.token,
  cacheFolder: loadOptions.cacheFolder,
  localFilesOnly: loadOptions.localFilesOnly,
  onWarning: loadOptions.onWarning,
  onProgress: loadOptions.onProgress,
  signal: loadOptions.signal,
};
