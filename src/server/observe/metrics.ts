/**
 * Counters and histograms in the text format of Prometheus, with the names of text-embeddings-inference, so that its
 * dashboards and alerts keep working. Source: prometheus.io, "Exposition formats", version 0.0.4.
 */

/** Upper bounds of the histograms' buckets. */
const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60] as const;
const counts = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384] as const;

const descriptions = {
  te_request_count: ["counter", "Requests"],
  te_request_success: ["counter", "Requests that were answered"],
  te_request_failure: ["counter", "Requests that failed, by the kind of failure"],
  te_request_duration: ["histogram", "Seconds from a request to its answer"],
  te_request_tokenization_duration: ["histogram", "Seconds to tokenize a request"],
  te_request_queue_duration: ["histogram", "Seconds that a request waited for its first batch"],
  te_request_inference_duration: ["histogram", "Seconds from a request's first batch to the end of its last"],
  te_request_input_length: ["histogram", "Tokens of a text"],
  te_request_input_count: ["histogram", "Texts of a request"],
  te_queue_size: ["gauge", "Texts that are not answered yet"],
  te_queue_tokens: ["gauge", "Tokens that are not answered yet"],
  te_requests_in_flight: ["gauge", "Requests in progress"],
  process_resident_memory_bytes: ["gauge", "Resident memory of the process"],
} as const satisfies Record<string, readonly ["counter" | "histogram" | "gauge", string]>;

export type MetricName = keyof typeof descriptions;
export type Labels = Readonly<Record<string, string>>;

interface Histogram {
  readonly bounds: readonly number[];
  readonly counts: number[];
  sum: number;
  count: number;
}

export class Metrics {
  /** Values by metric and serialized labels. */
  readonly #values = new Map<MetricName, Map<string, number>>();
  readonly #histograms = new Map<MetricName, Map<string, Histogram>>();

  add(name: MetricName, labels: Labels = {}, by = 1): void {
    const series = this.#series(this.#values, name);
    const key = written(labels);
    series.set(key, (series.get(key) ?? 0) + by);
  }

  set(name: MetricName, value: number, labels: Labels = {}): void {
    this.#series(this.#values, name).set(written(labels), value);
  }

  observe(name: MetricName, value: number, labels: Labels = {}): void {
    const series = this.#series(this.#histograms, name);
    const key = written(labels);
    let histogram = series.get(key);
    if (histogram === undefined) {
      const bounds = name.endsWith("_duration") ? seconds : counts;
      histogram = { bounds, counts: new Array<number>(bounds.length).fill(0), sum: 0, count: 0 };
      series.set(key, histogram);
    }
    const bucket = histogram.bounds.findIndex((bound) => value <= bound);
    if (bucket >= 0) histogram.counts[bucket]!++;
    histogram.sum += value;
    histogram.count++;
  }

  render(): string {
    const lines: string[] = [];
    for (const [name, [type, help]] of Object.entries(descriptions) as [MetricName, readonly [string, string]][]) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of this.#values.get(name) ?? []) lines.push(`${name}${braces(labels)} ${value}`);
      for (const [labels, histogram] of this.#histograms.get(name) ?? []) {
        let below = 0;
        for (const [at, bound] of histogram.bounds.entries()) {
          below += histogram.counts[at]!;
          lines.push(`${name}_bucket${braces(labels, `le="${bound}"`)} ${below}`);
        }
        lines.push(`${name}_bucket${braces(labels, 'le="+Inf"')} ${histogram.count}`);
        lines.push(
          `${name}_sum${braces(labels)} ${histogram.sum}`,
          `${name}_count${braces(labels)} ${histogram.count}`,
        );
      }
    }
    return `${lines.join("\n")}\n`;
  }

  #series<Value>(all: Map<MetricName, Map<string, Value>>, name: MetricName): Map<string, Value> {
    const series = all.get(name) ?? new Map<string, Value>();
    all.set(name, series);
    return series;
  }
}

function written(labels: Labels): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`)
    .join(",");
}

function braces(...parts: readonly string[]): string {
  const all = parts.filter((part) => part !== "").join(",");
  return all === "" ? "" : `{${all}}`;
}
