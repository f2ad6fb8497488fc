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
  hpd_search_duration: ["histogram", "Seconds to search an index, without embedding the query"],
  te_queue_size: ["gauge", "Texts that are not answered yet"],
  te_queue_tokens: ["gauge", "Tokens that are not answered yet"],
  te_requests_in_flight: ["gauge", "Requests in progress"],
  hpd_processes: ["gauge", "Processes that serve"],
  hpd_process_restarts: ["counter", "Processes that ended and were replaced"],
  process_resident_memory_bytes: ["gauge", "Resident memory of all processes"],
} as const satisfies Record<string, readonly ["counter" | "histogram" | "gauge", string]>;

export type MetricName = keyof typeof descriptions;
export type Labels = Readonly<Record<string, string>>;

interface Histogram {
  /** Observations by the bucket of their value; those above the last bound are only in `count`. */
  readonly counts: number[];
  sum: number;
  count: number;
}

/** The state of metrics as JSON, for another process: series by metric and serialized labels. */
export interface MetricsSnapshot {
  readonly values: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly histograms: Readonly<Record<string, Readonly<Record<string, Readonly<Histogram>>>>>;
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
    const histogram = this.#histogram(name, written(labels));
    const bucket = boundsOf(name).findIndex((bound) => value <= bound);
    if (bucket >= 0) histogram.counts[bucket]!++;
    histogram.sum += value;
    histogram.count++;
  }

  snapshot(): MetricsSnapshot {
    const plain = <Value>(all: Map<MetricName, Map<string, Value>>) =>
      Object.fromEntries([...all].map(([name, series]) => [name, Object.fromEntries(series)]));
    return { values: plain(this.#values), histograms: plain(this.#histograms) };
  }

  /** Adds the numbers of another process to these. @param withGauges false for a process that has ended */
  addSnapshot({ values, histograms }: MetricsSnapshot, { withGauges = true } = {}): void {
    for (const [name, [type]] of Object.entries(descriptions) as [MetricName, readonly [string, string]][]) {
      if (type === "gauge" && !withGauges) continue;
      const series = this.#series(this.#values, name);
      for (const [labels, value] of Object.entries(values[name] ?? {})) {
        series.set(labels, (series.get(labels) ?? 0) + value);
      }
      for (const [labels, { counts, sum, count }] of Object.entries(histograms[name] ?? {})) {
        const histogram = this.#histogram(name, labels);
        for (const [bucket, more] of counts.entries()) histogram.counts[bucket]! += more;
        histogram.sum += sum;
        histogram.count += count;
      }
    }
  }

  render(): string {
    const lines: string[] = [];
    for (const [name, [type, help]] of Object.entries(descriptions) as [MetricName, readonly [string, string]][]) {
      lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
      for (const [labels, value] of this.#values.get(name) ?? []) lines.push(`${name}${braces(labels)} ${value}`);
      for (const [labels, histogram] of this.#histograms.get(name) ?? []) {
        let below = 0;
        for (const [at, bound] of boundsOf(name).entries()) {
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

  #histogram(name: MetricName, labels: string): Histogram {
    const series = this.#series(this.#histograms, name);
    const known = series.get(labels);
    if (known !== undefined) return known;
    const made = { counts: new Array<number>(boundsOf(name).length).fill(0), sum: 0, count: 0 };
    series.set(labels, made);
    return made;
  }

  #series<Value>(all: Map<MetricName, Map<string, Value>>, name: MetricName): Map<string, Value> {
    const series = all.get(name) ?? new Map<string, Value>();
    all.set(name, series);
    return series;
  }
}

/** The upper bounds of a histogram's buckets. */
function boundsOf(name: MetricName): readonly number[] {
  return name.endsWith("_duration") ? seconds : counts;
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
