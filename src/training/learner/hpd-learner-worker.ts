/** The script of a learner's threads: answers requests by a `LearnerWorker`. */
import { type Answer, serve } from "../../runtime/node/serve.ts";
import { LearnerWorker } from "./learner-worker.ts";
import type { LearnerRequest } from "./messages.ts";

let worker: LearnerWorker | undefined;

async function answer(request: LearnerRequest): Promise<Answer> {
  switch (request.type) {
    case "start":
      worker = await LearnerWorker.start(request);
      return { value: undefined, transfer: [] };
    case "restore":
      return { value: worker!.restore(request), transfer: [] };
    case "accumulate":
      return { value: await worker!.accumulate(request), transfer: [] };
    case "reduce":
      return { value: worker!.reduce(request), transfer: [] };
    case "apply":
      return { value: worker!.apply(request), transfer: [] };
    case "loss":
      return { value: await worker!.loss(request), transfer: [] };
    case "embed":
    case "evaluate": {
      const evaluated = await (request.type === "embed" ? worker!.embed(request) : worker!.evaluate(request));
      return { value: evaluated, transfer: [evaluated.embeddings.buffer as ArrayBuffer] };
    }
  }
}

serve(answer, async () => worker?.release());
