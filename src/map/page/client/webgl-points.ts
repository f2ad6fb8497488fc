/** Draws the points by WebGL: tens of thousands in a millisecond, in every frame. */
import { hues } from "../hues.ts";
import type { PointPainter, PointScene } from "./point-painter.ts";

const vertexSource = `#version 300 es
layout(location = 0) in vec2 place;
layout(location = 1) in float color;
layout(location = 2) in float state;
uniform vec2 center;
uniform vec2 scale;
uniform vec2 sizes;
uniform float pass;
uniform vec3 colors[${hues.light.length}];
uniform vec3 quiet;
uniform vec2 opacity;
out vec4 tint;
out float softness;
void main() {
  bool isLit = state > 1.5;
  bool isShown = pass > 0.5 ? isLit : !isLit;
  gl_Position = isShown ? vec4((place - center) * scale, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = isLit ? sizes.y : sizes.x;
  softness = min(1.0, 2.4 / gl_PointSize);
  tint = state > 0.5 && state < 1.5 ? vec4(quiet, opacity.y) : vec4(colors[int(color)], isLit ? 0.95 : opacity.x);
}`;

const fragmentSource = `#version 300 es
precision mediump float;
in vec4 tint;
in float softness;
out vec4 result;
void main() {
  float distance = length(gl_PointCoord - 0.5) * 2.0;
  float alpha = tint.a * (1.0 - smoothstep(1.0 - softness, 1.0, distance));
  if (alpha <= 0.003) discard;
  result = vec4(tint.rgb * alpha, alpha);
}`;

/** @returns undefined where the browser has no working WebGL; the canvas then gives no other context */
export function webglPainter(canvas: HTMLCanvasElement, positions: Uint16Array): PointPainter | undefined {
  const gl = canvas.getContext("webgl2", { antialias: false, powerPreference: "low-power" });
  if (gl === null || gl.isContextLost()) return undefined;
  const program = gl.createProgram();
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ] as const) {
    const shader = gl.createShader(type)!;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) return undefined;
  // A device that slept may have dropped the context; the selection is in the page's address.
  canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
  canvas.addEventListener("webglcontextrestored", () => location.reload());
  gl.useProgram(program);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);

  const attribute = (index: number, size: number, type: number) => {
    const buffer = gl.createBuffer();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(index);
    gl.vertexAttribPointer(index, size, type, false, 0, 0);
    return (data: Uint16Array<ArrayBuffer> | Uint8Array<ArrayBuffer>) => {
      gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
    };
  };
  attribute(0, 2, gl.UNSIGNED_SHORT)(positions as Uint16Array<ArrayBuffer>);
  const setColors = attribute(1, 1, gl.UNSIGNED_BYTE);
  const setStates = attribute(2, 1, gl.UNSIGNED_BYTE);
  const uniform = (name: string) => gl.getUniformLocation(program, name);
  const places = Object.fromEntries(
    ["center", "scale", "sizes", "pass", "colors", "quiet", "opacity"].map((name) => [name, uniform(name)]),
  );

  return {
    setHues: (hues) => setColors(hues),
    setStates: (states) => setStates(states),
    draw({ view, size, ratio, radius, litRadius, colors, quiet, opacity, quietOpacity }: PointScene) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
      gl.uniform2f(places.center!, view.x, view.y);
      gl.uniform2f(places.scale!, (2 * view.scale) / size.width, (-2 * view.scale) / size.height);
      gl.uniform2f(places.sizes!, 2 * radius * ratio, 2 * litRadius * ratio);
      gl.uniform3fv(places.colors!, colors.flatMap(channels));
      gl.uniform3fv(places.quiet!, channels(quiet));
      gl.uniform2f(places.opacity!, opacity, quietOpacity);
      for (const pass of [0, 1]) {
        gl.uniform1f(places.pass!, pass);
        gl.drawArrays(gl.POINTS, 0, positions.length / 2);
      }
    },
  };
}

/** Red, green and blue of `#rrggbb`, 0 to 1. */
function channels(color: string): number[] {
  return [1, 3, 5].map((at) => Number.parseInt(color.slice(at, at + 2), 16) / 255);
}
