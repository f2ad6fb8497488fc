/** The thread that a learner starts: it holds a part and does what it is asked. */
import { type Answer, serve } from "../../runtime/node/serve.ts";
import type { LearnerRequest } from "./messages.ts";
import { LearnerPart } from "./part.ts";

let part: LearnerPart | undefined;

async function answer(request: LearnerRequest): Promise<Answer> {
  switch (request.type) {
    case "start":
      await part?.release();
      part = await LearnerPart.start(request);
      return { value: undefined, transfer: [] };
    case "accumulate":
      return { value: await part!.accumulate(request), transfer: [] };
    case "reduce":
      return { value: part!.reduce(request), transfer: [] };
    case "apply":
      return { value: part!.apply(request), transfer: [] };
    case "loss":
      return { value: await part!.loss(request), transfer: [] };
    case "embed":
    case "evaluate": {
      const evaluated = await (request.type === "embed" ? part!.embed(request) : part!.evaluate(request));
      return { value: evaluated, transfer: [evaluated.embeddings.buffer as ArrayBuffer] };
    }
  }
}

serve(answer, async () => part?.release());
