/**
 * Learns to classify texts from a few labelled ones: a linear classifier on embeddings. Of each class some eight examples
 * will do; docs/few-examples.md fine-tunes the model as well, for classes that are close to each other.
 *
 *     node few-example-classification.ts tickets.csv "I have lost my password"
 *
 * The last two columns of the CSV file are the text, in quotes where it holds a comma, and its class.
 */
import { readFile } from "node:fs/promises";
import { SentenceTransformer } from "hpd";
import { LogisticRegression } from "hpd/evaluation";

const [file, ...questions] = process.argv.slice(2);
if (file === undefined || questions.length === 0) {
  console.error("usage: node few-example-classification.ts FILE.csv TEXT...");
  process.exit(2);
}

const [, ...rows] = (await readFile(file, "utf8")).matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*)),([^",\n]+)\r?$/gm);
const texts = rows.map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
const classOf = rows.map(([, , , name]) => name ?? "");
const classes = [...new Set(classOf)];

const model = await SentenceTransformer.load();
const encode = (texts: string[]) => model.encode(texts, { normalizeEmbeddings: true });
const labels = classOf.map((name) => classes.indexOf(name));
const classifier = LogisticRegression.fit(await encode(texts), labels, classes.length);
const probabilities = classifier.predictProbabilities(await encode(questions));
await model.dispose();

for (const [index, question] of questions.entries()) {
  const row = probabilities.row(index);
  const best = row.indexOf(Math.max(...row));
  console.log(`${classes[best]} (${(100 * row[best]!).toFixed(0)} %)  ${question}`);
}
