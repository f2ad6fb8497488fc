/** The engines of `npm run bench`: ours and those of others, each with the settings that are best for it here. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import type { EncoderSettings } from "../engines/serve-encoder.ts";
import { pythonProgram } from "../python-program.ts";

export interface Engine {
  readonly name: string;
  readonly isExact: boolean;
  /** In words, for the page. */
  readonly settings: string;
  readonly command: readonly string[];
  readonly own: Partial<EncoderSettings>;
}

export interface Python {
  readonly command: string;
  /** Of the packages that engines are made of, as far as they are installed. */
  readonly versions: Readonly<Record<string, string>>;
}

export interface LeftOut {
  readonly names: string;
  readonly why: string;
}

const packages = ["sentence-transformers", "torch", "openvino", "nncf", "fastembed", "onnxruntime", "onnx"];

/** @param path a virtual environment or a program */
export function findPython(path: string): Python {
  const command = pythonProgram(path);
  const code = `
import importlib.metadata, json
versions = {}
for name in ${JSON.stringify(packages)}:
    try: versions[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError: pass
print(json.dumps(versions))`;
  return { command, versions: JSON.parse(execFileSync(command, ["-c", code], { encoding: "utf8" })) };
}

export interface EngineSources {
  readonly root: string;
  /** Folders that `hpd quantize` wrote, or other forms of the model. */
  readonly folders: readonly string[];
  readonly quantized: string | undefined;
  readonly python: Python | undefined;
  readonly exported: string | undefined;
  readonly hasBfloat16: boolean;
}

export function listEngines(sources: EngineSources): { engines: Engine[]; leftOut: LeftOut[] } {
  const leftOut: LeftOut[] = [];
  const engines = [
    ...ownEngines(sources),
    ...openvinoEngines(sources, leftOut),
    ...sentenceTransformersEngines(sources, leftOut),
    ...transformersJsEngines(sources, leftOut),
    ...fastembedEngines(sources, leftOut),
  ];
  return { engines, leftOut };
}

function ownEngines({ root, quantized, folders }: EngineSources): Engine[] {
  const command = [process.execPath, join(root, "bench/engines/hpd.ts")];
  const engine = (name: string, settings: string, own: Engine["own"]): Engine => {
    return { name: `hpd ${name}`, isExact: name === "fp32", settings, command, own };
  };
  return [
    engine("fp32", "defaults", { dtype: "fp32" }),
    engine("int8", '`dtype: "int8"`: ranges found in each text', { dtype: "int8" }),
    ...(quantized === undefined
      ? []
      : [engine("int8, quantized", "a folder of `hpd quantize`", { dtype: "folder", model: quantized })]),
    ...folders.map((model) => engine(basename(model), "a folder of its own", { dtype: "folder", model })),
  ];
}

/** What is missing of the packages that are needed, as a reason; undefined if nothing is. */
function lacking(python: Python | undefined, needed: readonly string[]): string | undefined {
  if (python === undefined) return "no `--python` was given";
  const missing = needed.filter((name) => python.versions[name] === undefined);
  return missing.length === 0 ? undefined : `${missing.join(", ")} isn't installed in the Python that was given`;
}

const notExported = "the model could not be exported";
const noBfloat16 = "this processor has no bfloat16 products";
const sorted = "texts sorted by length";

function openvinoEngines({ root, python, exported, hasBfloat16 }: EngineSources, leftOut: LeftOut[]): Engine[] {
  const why = lacking(python, ["openvino"]) ?? (exported === undefined ? notExported : undefined);
  if (why !== undefined) {
    leftOut.push({ names: "OpenVINO", why });
    return [];
  }
  const command = [python!.command, join(root, "tools/bench/openvino_engine.py")];
  const bulk = `${sorted}, batches of up to 32 and 9,000 characters, 2 requests at once; one text by a network compiled for latency`;
  const engine = (name: string, dtype: string, how: string): Engine => {
    return { name: `OpenVINO ${name}`, isExact: dtype === "f32", settings: `${how}; ${bulk}`, command, own: { dtype } };
  };
  const engines = [engine("f32", "f32", "`INFERENCE_PRECISION_HINT` f32")];
  if (hasBfloat16) engines.push(engine("bf16", "bf16", "`INFERENCE_PRECISION_HINT` bf16"));
  else leftOut.push({ names: "OpenVINO bf16", why: noBfloat16 });
  if (existsSync(join(exported!, "openvino/int8.xml"))) {
    const how =
      "`nncf.quantize` for transformers (SmoothQuant, ranges of 300 other STS sentences), the rest as it chooses";
    engines.push(engine("int8", "int8", how));
  } else leftOut.push({ names: "OpenVINO int8", why: lacking(python, ["nncf"]) ?? notExported });
  return engines;
}

function sentenceTransformersEngines({ root, python, hasBfloat16 }: EngineSources, leftOut: LeftOut[]): Engine[] {
  const why = lacking(python, ["sentence-transformers", "torch"]);
  if (why !== undefined) {
    leftOut.push({ names: "sentence-transformers", why });
    return [];
  }
  const command = [python!.command, join(root, "tools/bench/sentence_transformers_engine.py")];
  const bulk = `${sorted}, batches of up to 32 and 9,000 characters`;
  const engine = (dtype: string): Engine => {
    const settings = `\`dtype\` ${dtype === "fp32" ? "float32" : "bfloat16"}; ${bulk}`;
    return { name: `sentence-transformers ${dtype}`, isExact: dtype === "fp32", settings, command, own: { dtype } };
  };
  if (hasBfloat16) return [engine("fp32"), engine("bf16")];
  leftOut.push({ names: "sentence-transformers bf16", why: noBfloat16 });
  return [engine("fp32")];
}

function transformersJsEngines({ root, exported }: EngineSources, leftOut: LeftOut[]): Engine[] {
  const isInstalled = existsSync(join(root, "tools/bench/node_modules/@huggingface/transformers"));
  const why = isInstalled ? notExported : "`npm ci` was not run in `tools/bench`";
  if (!isInstalled || exported === undefined) {
    leftOut.push({ names: "transformers.js", why });
    return [];
  }
  const command = [process.execPath, join(root, "tools/bench/transformers-js-engine.ts")];
  const bulk = `${sorted}, batches of up to 16 and 4,500 characters`;
  return ["fp32", "q8"].map((dtype) => {
    const settings = dtype === "q8" ? `ONNX Runtime's dynamic int8, a scale a column; ${bulk}` : bulk;
    return { name: `transformers.js ${dtype}`, isExact: dtype === "fp32", settings, command, own: { dtype } };
  });
}

function fastembedEngines({ root, python, exported }: EngineSources, leftOut: LeftOut[]): Engine[] {
  const why = lacking(python, ["fastembed"]) ?? (exported === undefined ? notExported : undefined);
  if (why !== undefined) {
    leftOut.push({ names: "fastembed", why });
    return [];
  }
  const command = [python!.command, join(root, "tools/bench/fastembed_engine.py")];
  const settings = `the exported network as a custom model; ${sorted}, batches of up to 16 and 4,500 characters`;
  return [{ name: "fastembed fp32", isExact: true, settings, command, own: { dtype: "fp32" } }];
}
