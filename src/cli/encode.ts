/** `hpd encode`: the embeddings of files of texts, in one file or in shards of many machines. */
import { defineCommand } from "./command.ts";
import { sections } from "./encode/settings.ts";
import { encodeShards, joinShards, printStatus, printVerification } from "./encode/shards.ts";
import { encodeToFile } from "./encode/to-file.ts";
import { queueOf } from "./queue/settings.ts";
import { UsageError } from "./usage-error.ts";

export const encodeCommand = defineCommand({
  summary: "compute the embeddings of files of texts",
  usage: "encode [INPUT...] [--output FILE] [options]",
  about: `
    Reads texts from files, or from standard input, and writes their embeddings in the same order. Memory stays bounded,
    whatever the size of the input.`,
  sections,
  examples: {
    "Embed a text file, one sentence per line, for NumPy": "hpd encode sentences.txt --output embeddings.npy",
    "Embed one field of compressed JSON lines, and keep the others":
      "hpd encode articles.jsonl.gz --field title --normalize --output titles.parquet",
    "Embed search queries from a pipe, with 64 dimensions":
      "cat queries.txt | hpd encode --task query --truncate-dim 64 > queries.jsonl",
    "Embed a folder in 1,000 shards, this task's one of them":
      "hpd encode s3://corpus/texts/ --output s3://corpus/embeddings --shards 1000",
    "Let the machines of a queue do it, and watch them":
      "hpd encode texts/ --output embeddings --shards 1000 --queue redis://10.0.0.5",
    "Put all shards into one table": "hpd encode --join embeddings --output lancedb/articles.lance",
    "See what is done": "hpd encode --status s3://corpus/embeddings",
  },
  async run(context) {
    const { values } = context;
    const { status, verify, join, shards, shard } = values;
    if (join !== undefined) return joinShards(join, context);
    if (status !== undefined) return printStatus(status, context);
    if (verify !== undefined) return printVerification(verify, context);
    if (queueOf(values) !== undefined || shards !== undefined) return encodeShards(context);
    if (shard !== undefined) throw new UsageError("--shard needs --shards, their number");
    await encodeToFile(context);
  },
});
