/**
 * The blocks of a PDF: the text of each page, a section of its own, with its number as metadata. Lines are those of the page.
 *
 * The package unpdf reads it: an optional peer, PDF.js of Mozilla for servers in one package of 3 MB without dependencies,
 * released every few weeks. It runs in a thread of its own, whose time and memory are bounded: a PDF is a program.
 */
import { Worker } from "node:worker_threads";
import { HpdError } from "../../errors.ts";
import type { Block } from "../chunk/block.ts";
import { blocksOfText } from "../chunk/text-blocks.ts";
import { missingReader } from "./optional-reader.ts";
import { pdfProgram } from "./pdf-program.ts";
import { readBytes } from "./read-bytes.ts";

/** Limits of a file. */
export const pdfLimits = {
  bytes: 200_000_000,
  milliseconds: 120_000,
  megabytes: 2_000,
  pages: 20_000,
  characters: 50_000_000,
};

/** The answer of the thread. */
type Answer =
  | { readonly pages: readonly string[]; readonly title: string | undefined }
  | { readonly problem: "library" | "password" | "content"; readonly message: string };

/**
 * @throws HpdError as `readBytes`; `not_found` without unpdf; `unsupported` for a PDF with a password or without text;
 *   `corrupt_file` for a damaged one, or one that takes too long; the signal's reason
 */
export async function* blocksOfPdf(
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Block, void, undefined> {
  const answer = await answerFor(await readBytes(path, pdfLimits.bytes, signal), signal);
  if ("problem" in answer) throw problemOf(path, answer);
  const { pages, title } = answer;
  if (pages.every((text) => text.trim() === "")) {
    throw new HpdError("unsupported", `${path}: no page has a text: pictures of text, such as scans, need OCR before`);
  }
  const isTitled = title !== undefined && title.trim() !== "";
  for (const [at, text] of pages.entries()) {
    const metadata = { ...(isTitled && { title: title.trim().slice(0, 1000) }), page: at + 1 };
    const section = { metadata, ...(isTitled && { context: [title.trim().slice(0, 200)] }) };
    yield* blocksOfText(text.split("\n"), section);
  }
}

function problemOf(path: string, { problem, message }: Extract<Answer, { problem: string }>): HpdError {
  if (problem === "library") return missingReader("unpdf", path, message);
  if (problem === "password")
    return new HpdError("unsupported", `${path}: the PDF needs a password: save it without one`);
  return new HpdError("corrupt_file", `${path}: the PDF can't be read: ${message}`);
}

function answerFor(bytes: Uint8Array, signal: AbortSignal | undefined): Promise<Answer> {
  const { milliseconds, megabytes, pages, characters } = pdfLimits;
  const workerData = { bytes, library: libraryUrl(), limits: { pages, characters } };
  const worker = new Worker(pdfProgram, {
    eval: true,
    workerData,
    resourceLimits: { maxOldGenerationSizeMb: megabytes },
    // PDF.js warns of what it mends.
    stdout: true,
    stderr: true,
    execArgv: [],
  });
  return new Promise<Answer>((resolve, reject) => {
    const stop = () => reject(signal!.reason);
    signal?.addEventListener("abort", stop, { once: true });
    const late = setTimeout(
      () => resolve({ problem: "content", message: `it takes more than ${milliseconds / 1000} seconds` }),
      milliseconds,
    );
    worker.once("message", resolve);
    worker.once("error", ({ message }) => resolve({ problem: "content", message }));
    worker.once("exit", () => resolve({ problem: "content", message: "the thread that reads it has ended" }));
    const end = () => {
      clearTimeout(late);
      signal?.removeEventListener("abort", stop);
    };
    worker.once("message", end).once("error", end).once("exit", end);
  }).finally(() => worker.terminate());
}

/** The address of the package from here, since the thread has no place of its own. */
function libraryUrl(): string {
  try {
    return import.meta.resolve("unpdf");
  } catch {
    return "unpdf";
  }
}
