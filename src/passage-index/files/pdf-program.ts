/**
 * The program of the thread that reads a PDF with unpdf, as a text, so that neither a file of its own nor a bundler has to be
 * found for it. It answers once: with the text of each page and the title, or with a problem.
 */
export const pdfProgram = String.raw`
const { parentPort, workerData } = require("node:worker_threads");
const { bytes, library, limits } = workerData;
const answer = (value) => parentPort.postMessage(value);

// Lines of a page; where the next one is further below than usual, a paragraph ends.
function textOf(items) {
  const lines = [];
  let line = "";
  let below;
  for (const { str = "", hasEOL = false, height = 0, transform = [] } of items) {
    const y = transform[5];
    if (line === "" && str.trim() !== "" && y !== undefined) {
      if (below !== undefined && height > 0 && Math.abs(below - y) > 1.7 * height) lines.push("");
      below = y;
    }
    line += str;
    if (!hasEOL) continue;
    lines.push(line.trimEnd());
    line = "";
  }
  lines.push(line);
  // A word that is divided at the end of a line.
  return lines.join("\n").replace(/(\p{Ll})-\n(\p{Ll}\S*) ?/gu, "$1$2\n");
}

async function read(open) {
  const pdf = await open(new Uint8Array(bytes), { isEvalSupported: false, useSystemFonts: false, verbosity: 0 });
  if (pdf.numPages > limits.pages) {
    return { problem: "content", message: "it has " + pdf.numPages + " pages, at most " + limits.pages + " are read" };
  }
  const title = await pdf.getMetadata().then(({ info }) => info?.Title, () => undefined);
  const pages = [];
  let characters = 0;
  for (let number = 1; number <= pdf.numPages; number++) {
    const page = await pdf.getPage(number);
    const text = textOf((await page.getTextContent()).items);
    page.cleanup();
    characters += text.length;
    if (characters > limits.characters) {
      return { problem: "content", message: "its text has more than " + limits.characters + " characters" };
    }
    pages.push(text);
  }
  return { pages, title: typeof title === "string" ? title : undefined };
}

import(library).then(
  ({ getDocumentProxy }) => read(getDocumentProxy).then(answer, ({ name, message }) =>
    answer({ problem: name === "PasswordException" ? "password" : "content", message: String(message).split("\n")[0] }),
  ),
  (error) => answer({ problem: "library", message: String(error) }),
);
`;
