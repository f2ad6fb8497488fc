/**
 * The clusters of a tree of merges.
 * Source: `_hc_cut` of scikit-learn, which numbers clusters by their order in a heap; so there is a heap here too.
 */

/**
 * @param children `Tree.children`
 * @param clusters at most the number of leaves
 * @returns `[leaves]`: 0 to `clusters` - 1
 */
export function cutTree(children: Int32Array, clusters: number): Int32Array {
  const leaves = children.length / 2 + 1;
  /** The roots of the clusters: a heap in the layout of Python's `heapq`, the latest node first. */
  const nodes = [2 * leaves - 2];
  while (nodes.length < clusters) {
    const merge = 2 * (nodes[0]! - leaves);
    push(nodes, children[merge]!);
    replaceFirst(nodes, children[merge + 1]!);
  }
  const labels = new Int32Array(2 * leaves - 1).fill(-1);
  for (const [label, node] of nodes.entries()) labels[node] = label;
  for (let merge = leaves - 2; merge >= 0; merge--) {
    const label = labels[leaves + merge]!;
    if (label >= 0) for (const child of [2 * merge, 2 * merge + 1]) labels[children[child]!] = label;
  }
  return labels.slice(0, leaves);
}

function push(heap: number[], node: number): void {
  let at = heap.push(node) - 1;
  for (let parent = (at - 1) >> 1; at > 0 && heap[parent]! < node; parent = (at - 1) >> 1) {
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = node;
}

function replaceFirst(heap: number[], node: number): void {
  let at = 0;
  for (let child = 1; child < heap.length; child = 2 * at + 1) {
    if (child + 1 < heap.length && heap[child + 1]! > heap[child]!) child++;
    if (heap[child]! < node) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = node;
}
