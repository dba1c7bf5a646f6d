import { Graph, layout } from '@dagrejs/dagre'
import {
  type GraphJob,
  heightOf,
  type JobLayout,
  MARGIN,
  NODE_HEIGHT,
  NODE_WIDTH,
  type Point,
} from './geometry.ts'

/** Each job behind what it needs, with lines that lead around what lies between. Costs much where jobs are many. */
export function layoutNeeds(jobs: readonly GraphJob[]): JobLayout {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 36, marginx: MARGIN, marginy: MARGIN })
  graph.setDefaultEdgeLabel(() => ({}))
  const names = new Set(jobs.map(({ name }) => name))
  for (const job of jobs) graph.setNode(job.name, { width: NODE_WIDTH, height: heightOf(job) })
  for (const { name, needs } of jobs)
    for (const need of withoutImplied(name, needs, jobs)) if (names.has(need)) graph.setEdge(need, name)
  layout(graph)
  const nodes = new Map<string, Point>()
  for (const job of jobs) {
    const { x, y } = graph.node(job.name)
    nodes.set(job.name, { x: x - NODE_WIDTH / 2, y: y - heightOf(job) / 2 })
  }
  const edges = graph.edges().map(({ v, w }) => {
    const [start, end] = [nodes.get(v)!, nodes.get(w)!]
    // From the middle of the right side to the middle of the left one, around what lies between.
    const between = graph.edge({ v, w }).points.slice(1, -1)
    const middle = { x: NODE_WIDTH, y: NODE_HEIGHT / 2 }
    const points = [
      { x: start.x + middle.x, y: start.y + middle.y },
      ...(between.length > 1 ? between : []),
      { x: end.x, y: end.y + middle.y },
    ]
    return { from: v, to: w, points }
  })
  const { width = 0, height = 0 } = graph.graph()
  return { width, height, nodes, edges, heads: [] }
}

/** Needs that another need brings with it draw a line nobody misses. */
function withoutImplied(
  name: string,
  needs: readonly string[],
  jobs: readonly GraphJob[],
): readonly string[] {
  const needsOf = new Map(jobs.map(job => [job.name, job.needs]))
  const implied = new Set<string>()
  const visit = (job: string) => {
    for (const need of needsOf.get(job) ?? []) {
      if (need === name || implied.has(need)) continue
      implied.add(need)
      visit(need)
    }
  }
  for (const need of needs) visit(need)
  return needs.filter(need => !implied.has(need))
}
