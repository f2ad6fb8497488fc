/** `hpd similarity`: the similarities of a few sentences as a matrix. */

import { printableLine } from "../common/printable.ts";
import { defineCommand } from "./command.ts";
import { loadModel, modelSettings } from "./model.ts";
import { promptOptions, promptSettings } from "./prompt.ts";
import { print, printJson } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

export const similarityCommand = defineCommand({
  summary: "compare a few sentences with each other",
  usage: "similarity SENTENCE SENTENCE [SENTENCE ...] [options]",
  about: `
    Prints a matrix of the similarities of the sentences, by the model's own similarity function (cosine if it names
    none): 1 for the same meaning, about 0 for unrelated ones.`,
  sections: {
    Options: {
      settings: {
        ...promptSettings,
        json: {
          kind: "switch",
          help: 'print {"sentences": [...], "similarityFunction": "cosine", "similarities": [[...], ...]}',
        },
      },
    },
    Model: { settings: modelSettings },
  },
  examples: {
    "Compare two sentences": 'hpd similarity "He plays guitar." "A street vendor is outside."',
    "Compare three by a model of your own, as JSON": 'hpd similarity --model ./my-model --json "good" "bad" "ugly"',
  },
  async run(context) {
    const { values, positionals: sentences } = context;
    if (sentences.length < 2) throw new UsageError(`expected two sentences or more, got ${sentences.length}`);
    await using model = await loadModel(context);
    const embeddings = await model.encode(sentences, promptOptions(context));
    const similarities = model.similarity(embeddings, embeddings).toArray();
    const { similarityFunction } = model;
    if (values.json) printJson({ sentences, similarityFunction, similarities });
    else print(`${matrix(sentences, similarities, process.stdout.columns ?? 100)}\n`);
  },
});

/** Numbered rows and columns, each row preceded by its sentence, cut to the width. */
function matrix(sentences: readonly string[], similarities: readonly number[][], columns: number): string {
  const cells = similarities.map((row) => row.map((value) => value.toFixed(4)));
  // A call takes some 100,000 arguments, which the cells of 350 sentences are.
  const width = cells.flat().reduce((longest, { length }) => Math.max(longest, length), 0) + 2;
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

/** The sentence on one line, padded or cut to `width` characters. */
function cut(sentence: string, width: number): string {
  const characters = [...shownOf(sentence)];
  const shown = characters.length > width ? [...characters.slice(0, width - 1), "…"] : characters;
  return shown.join("") + " ".repeat(width - shown.length);
}
