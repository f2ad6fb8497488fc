/** A small folder in SentEval's layout: a few pairs a file, numbered, so that it shows which were read. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

const subsets = {
  STS12: ["MSRpar", "MSRvid", "SMTeuroparl", "surprise.OnWN", "surprise.SMTnews"],
  // SMT is there to be left out.
  STS13: ["FNWN", "headlines", "OnWN", "SMT"],
  STS14: ["deft-forum", "deft-news", "headlines", "images", "OnWN", "tweet-news"],
  STS15: ["answers-forums", "answers-students", "belief", "headlines", "images"],
  STS16: ["answer-answer", "headlines", "plagiarism", "postediting", "question-question"],
};

/** Four pairs a subset, of which the second has no score; six for STS-B and SICK-R. */
export async function writeStsFolder(folder: string): Promise<void> {
  for (const [year, names] of Object.entries(subsets)) {
    for (const subset of names) {
      const inputs = [0, 1, 2, 3].map((row) => `${year} ${subset} a${row}\t${"word ".repeat(row)}${subset} b${row}`);
      await write(join(folder, "sts", `${year}-en-test`, `STS.input.${subset}.txt`), inputs);
      await write(join(folder, "sts", `${year}-en-test`, `STS.gs.${subset}.txt`), ["5.0", "", "2.5", "0"]);
    }
  }
  const rows = [0, 1, 2, 3, 4, 5];
  for (const split of ["dev", "test"]) {
    const lines = rows.map(
      (row) => `news\tMSRpar\t2012\t${row}\t${row / 2}\t${split} "a${row}\t${split} b${row} ${row}`,
    );
    await write(join(folder, "sts/STSBenchmark", `sts-${split}.csv`), lines);
  }
  const header = "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment";
  const sick = rows.map((row) => `${row}\tSick a${row}\tSick b${row * row}\t${5 - row / 2}\tNEUTRAL`);
  await write(join(folder, "sick/SICK_test_annotated.txt"), [header, ...sick], "\r\n");
}

async function write(file: string, lines: readonly string[], end = "\n"): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, lines.map((line) => line + end).join(""));
}
