/** `hpd similarity`: how alike a few sentences are, as a matrix. */

import { printableLine } from "../common/printable.ts";
import { type Command, UsageError } from "./command.ts";
import { loadModel, modelFlags, modelFlagsHelp } from "./model.ts";
import { promptFlags, promptFlagsHelp, promptOptions } from "./prompt.ts";
import { print, printJson } from "./terminal.ts";

export const similarityCommand: Command = {
  summary: "how alike sentences are",
  help: `Usage: hpd similarity SENTENCE SENTENCE [SENTENCE ...] [options]

Prints the similarity of every sentence to every other, by the model's own similarity function (cosine, where it names
none).

${promptFlagsHelp("put before every sentence")}
  --json                   {"sentences": [...], "similarityFunction": "cosine", "similarities": [[...], ...]}

${modelFlagsHelp}

Examples:
  hpd similarity "He plays guitar." "A street vendor is outside."
  hpd similarity --model ./my-model --json "good" "bad" "ugly"`,
  options: { ...modelFlags, ...promptFlags, json: { type: "boolean" } },
  async run(context) {
    const sentences = context.positionals;
    if (sentences.length < 2) throw new UsageError(`two sentences or more are needed, got ${sentences.length}`);
    await using model = await loadModel(context);
    const embeddings = await model.encode(sentences, promptOptions(context));
    const similarities = model.similarity(embeddings, embeddings).map((row) => [...row]);
    const { similarityFunction } = model;
    if (context.flags.json) printJson({ sentences, similarityFunction, similarities });
    else print(`${matrix(sentences, similarities, process.stdout.columns ?? 100)}\n`);
  },
};

/** Numbered rows and columns, the sentence in front of its row, cut where the line would be too long. */
function matrix(sentences: readonly string[], similarities: readonly number[][], columns: number): string {
  const cells = similarities.map((row) => row.map((value) => value.toFixed(4)));
  const width = Math.max(...cells.flat().map((cell) => cell.length)) + 2;
  const number = String(sentences.length).length;
  const longest = Math.max(...sentences.map((sentence) => [...shownOf(sentence)].length));
  const room = Math.max(12, Math.min(longest, columns - number - 2 - width * sentences.length));
  const header =
    " ".repeat(number + 2 + room) + sentences.map((_, index) => String(index + 1).padStart(width)).join("");
  const rows = cells.map((row, index) => {
    const label = `${String(index + 1).padStart(number)}  ${cut(sentences[index]!, room)}`;
    return label + row.map((cell) => cell.padStart(width)).join("");
  });
  return [header, ...rows].join("\n");
}

function shownOf(sentence: string): string {
  return printableLine(sentence.replace(/\s+/g, " "));
}

/** The sentence on one line, `width` characters wide. */
function cut(sentence: string, width: number): string {
  const characters = [...shownOf(sentence)];
  const shown = characters.length > width ? [...characters.slice(0, width - 1), "…"] : characters;
  return shown.join("") + " ".repeat(width - shown.length);
}
