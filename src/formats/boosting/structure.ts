/**
 * Throws `failure` with what is wrong unless every node is reached from the root once: children exist, none has two
 * parents, and nothing goes in circles. A node whose left child is −1 is a leaf.
 */
export function checkChildren(left: Int32Array, right: Int32Array, failure: (what: string) => Error): void {
  const reached = new Uint8Array(left.length)
  for (let node = 0; node < left.length; node++) {
    if (left[node] === -1) continue
    for (const child of [left[node]!, right[node]!]) {
      if (child <= 0 || child >= left.length)
        throw failure(`has ${left.length} nodes, and its node ${node} leads to ${child}`)
      if (reached[child]) throw failure(`has two ways to its node ${child}`)
      reached[child] = 1
    }
  }
  // There is one way to each of these nodes and none to the root, so that a circle would be out of its reach.
  const pending = left.length > 0 ? [0] : []
  let [found, ways] = [0, 0]
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    found++
    if (left[node] !== -1) pending.push(left[node]!, right[node]!)
  }
  for (const way of reached) ways += way
  if (found !== ways + 1) throw failure('has nodes that its root does not lead to')
}

/** The same where children below zero are leaves: −1 is the first of `leaves`. */
export function checkLeaves(
  left: Int32Array,
  right: Int32Array,
  leaves: number,
  failure: (what: string) => Error,
): void {
  // As one array of nodes: the splits, then the leaves.
  const splits = left.length
  const place = (child: number) => (child < 0 ? splits + ~child : child)
  const nodes = splits + leaves
  const all = (children: Int32Array) => {
    const placed = new Int32Array(nodes).fill(-1)
    children.forEach((child, i) => {
      if (child >= splits || ~child >= leaves)
        throw failure(`has ${leaves} leaves, and its split ${i} leads to ${child}`)
      placed[i] = place(child)
    })
    return placed
  }
  checkChildren(all(left), all(right), failure)
}
