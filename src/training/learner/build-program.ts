/** Builds the models of a program out of a student's modules and its losses. */
import { gradients } from "../../autodiff/gradients.ts";
import { addDropout } from "../../graph/add-dropout.ts";
import { decompose } from "../../graph/decompose.ts";
import { compileForTraining } from "../../graph/lower-training.ts";
import { topologicalOrder } from "../../graph/node.ts";
import { type Features, inputFeatures, typeFeature } from "../../modules/features.ts";
import { addAdapters } from "../tuning/add-adapters.ts";
import { wholeTuning } from "../tuning/tuning.ts";
import { gradientOutput, graphTensors } from "./graph-tensors.ts";
import type { LearnerOptions, Objective } from "./learner-options.ts";
import { givenGradient, lossModel, withLoss } from "./loss-model.ts";
import { type Program, sumInput } from "./program.ts";
import { studentEmbeddings } from "./student-embeddings.ts";

export type ProgramOptions = Pick<LearnerOptions, "modules" | "objectives" | "dropout" | "hasTypes" | "tuning">;

/** @throws HpdError `unsupported` for a student or a loss that can't be trained, `invalid_argument` as losses do */
export function buildProgram(options: ProgramOptions): Program {
  const { modules, objectives, dropout, hasTypes = false, tuning = wholeTuning } = options;
  const features: Features = { ...inputFeatures(), ...(hasTypes && { token_type_ids: typeFeature() }) };
  const [{ loss: first, columns }] = objectives as [Objective];
  const usesGradCache = objectives.length > 1 || columns > 1 || first.usesGradCache === true;
  const takesLayers = objectives.some(({ loss }) => loss.takesLayers);
  const student = studentEmbeddings(modules, features, takesLayers);
  const plain = withLoss(student.all, usesGradCache ? givenGradient : first);

  const { graph, noise } = decompose(addAdapters(addDropout(plain, dropout), tuning.adapters, true));
  const nodes = topologicalOrder(graph);
  const { trainedNodes, nameOf, ...tensors } = graphTensors(nodes, tuning);
  const found = gradients(graph.loss!, trainedNodes);
  const outputs = Object.fromEntries(found.map((node, index) => [gradientOutput(index), node]));
  const sums = { outputs: tensors.parameters.map(({ gradient }) => gradient), input: sumInput };
  const evaluated = decompose(addAdapters(plain, tuning.adapters, false)).graph;
  const embeddings = evaluated.embeddings!;
  return {
    train: compileForTraining(usesGradCache ? outputs : { loss: graph.loss!, ...outputs }, nameOf, sums),
    evaluate: compileForTraining(usesGradCache ? { embeddings } : { loss: evaluated.loss!, embeddings }, nameOf),
    gradCache: usesGradCache
      ? {
          embed: compileForTraining({ embeddings: graph.embeddings! }, nameOf),
          losses: objectives.map((objective) => lossModel(objective, student)),
        }
      : undefined,
    dimension: student.dimension,
    layers: student.layers,
    ...tensors,
    noise: noise.map(({ attributes, shape }) => ({ input: attributes.name, shape })),
    inputs: nodes.flatMap(({ op, attributes }) =>
      op === "input" && attributes.name in features ? [attributes.name] : [],
    ),
  };
}
