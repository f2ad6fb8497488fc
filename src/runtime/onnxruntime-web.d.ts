/** The part of onnxruntime-web that is used here has the types of onnxruntime-common; users install it, we need not. */
declare module "onnxruntime-web/wasm" {
  export { InferenceSession, Tensor } from "onnxruntime-common";
}
