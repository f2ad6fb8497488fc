/** `hpd work`: does the shards of a queue on this machine. */
import { counted } from "../common/numbers.ts";
import { openWork, workOnQueue } from "../jobs/index.ts";
import { defineCommand, requireNoArguments } from "./command.ts";
import { loadOptions, loadSettings } from "./model.ts";
import { queueSettings } from "./queue/settings.ts";
import { logChoices, logEvent, logFormat } from "./serve/log.ts";
import { positiveInteger, secondsFrom } from "./settings/table.ts";

const { token, offline, workers, "cache-folder": cacheFolder } = loadSettings;

export const workCommand = defineCommand({
  summary: "do the shards that hpd encode --queue puts into a queue, on any number of machines",
  usage: "work --queue URL [options]",
  about: `
    Takes shards of work from a queue on a Redis or Valkey server, and does them, until it is stopped: run one on each
    machine. Input, model and output have to be reached here by the same names as where the work was submitted. The shard of
    a machine that is switched off is done by another one. After SIGTERM or Ctrl-C it takes no more shards, and gives back
    what it doesn't finish in time. Needs the packages bullmq and ioredis.`,
  sections: {
    Queue: {
      settings: {
        queue: { ...queueSettings.queue, required: true },
        concurrency: {
          ...positiveInteger,
          default: 1,
          help: "shards that are done at the same time, each with a model in memory: encoding one takes all cores",
        },
        "exit-when-empty": { kind: "switch", help: "end when no shard waits or runs in the queue, on any machine" },
        "drain-timeout": {
          ...secondsFrom(0),
          default: 20,
          help: "time that shards under way have to be finished after SIGTERM or Ctrl-C, before they are given back",
        },
        "stall-timeout": {
          ...secondsFrom(1),
          default: 3_600,
          help: "time in which a shard has to do a row; one that hangs is stopped and tried again, as one that fails",
        },
        log: {
          kind: "text",
          value: "FORMAT",
          choices: logChoices,
          help: "format of the log on stderr, a line per shard: text, json or none",
          defaultsTo: "text in a terminal, else json",
        },
      },
    },
    "This machine": { settings: { workers, token, "cache-folder": cacheFolder, offline } },
  },
  examples: {
    "Do shards until stopped": "hpd work --queue redis://10.0.0.5",
    "Do what there is, over TLS, with the password in the environment":
      "HPD_QUEUE_PASSWORD=secret hpd work --queue rediss://me@queue.example.com --exit-when-empty",
  },
  async run({ values, positionals, signal }) {
    requireNoArguments(positionals, "the queue is --queue URL");
    const { queue, concurrency } = values;
    const format = logFormat(values);
    const onWarning = (message: string) => logEvent(format, "warn", message);
    const report = await workOnQueue({
      ...{ queue, concurrency, signal },
      exitWhenEmpty: values["exit-when-empty"] === true,
      drainTimeout: 1_000 * values["drain-timeout"],
      stallTimeout: 1_000 * values["stall-timeout"],
      open: (description, stop) => openWork(description, { ...loadOptions(values), onWarning, signal: stop }),
      onLog: (level, message) => logEvent(format, level, message),
    });
    logEvent(format, "info", `${counted(report.shards, "shard")} done here, ${counted(report.rows, "text")}`);
  },
});
