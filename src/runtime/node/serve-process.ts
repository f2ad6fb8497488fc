/** The process's side of `ProcessSession`: a pool of worker threads that is asked by messages. */
import { HpdError } from "../../errors.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { NamedTensors, Session, SessionModel } from "../session.ts";
import type { ProcessMessage, ProcessReply, ProcessRequest } from "./messages.ts";
import type { Plan } from "./plan.ts";
import { WorkerPool } from "./worker-pool.ts";

/** Answers the process that started this one, and ends when that one is gone. */
export function serveProcess(): void {
  // Ctrl-C in a terminal reaches this process too: the program decides what to do.
  process.on("SIGINT", () => {});
  process.on("SIGHUP", () => {});
  // At once, even while threads compute: nobody waits for their results.
  process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));

  let model: SessionModel | undefined;
  let plan: Plan = { sessions: 1, threads: 1 };
  let session: Session | undefined;

  async function answer(request: ProcessRequest): Promise<unknown> {
    switch (request.type) {
      case "model":
        model = { ...request.model, weights: new Uint8Array(new SharedArrayBuffer(request.weightBytes)) };
        plan = request.plan;
        return {};
      case "weights":
        model!.weights.set(request.bytes, request.offset);
        return {};
      case "load":
        session = await WorkerPool.create(model!, () => plan);
        return {};
      case "run":
        return await session!.run(copied(request.inputs));
    }
  }

  process.on("message", async ({ id, request }: ProcessMessage) => {
    const reply: ProcessReply = await answer(request).then(
      (value) => ({ id, value }),
      (error) => ({
        id,
        error: { code: error instanceof HpdError ? error.code : "runtime", message: (error as Error).message },
      }),
    );
    // Where the asker is gone, so is this process in a moment.
    process.send?.(reply, () => {});
  });
}

/** All tensors of a message are views of one buffer, which can't be moved to a thread. */
function copied(inputs: NamedTensors): NamedTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, tensor]) => [name, { ...tensor, data: tensor.data.slice() } as Tensor]),
  );
}
