import { Graph, layout } from '@dagrejs/dagre'

export const NODE_WIDTH = 176
export const NODE_HEIGHT = 46
const MARGIN = 4

export interface GraphJob {
  readonly name: string
  readonly needs: readonly string[]
  readonly stage?: string | null
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface JobLayout {
  readonly width: number
  readonly height: number
  /** Upper left corners, by name. */
  readonly nodes: ReadonlyMap<string, Point>
  readonly edges: readonly { readonly from: string; readonly to: string; readonly points: readonly Point[] }[]
  /** Names of columns, where jobs stand by stage. */
  readonly heads: readonly { readonly stage: string; readonly x: number }[]
}

/**
 * Places jobs from left to right: in columns by stage where there are stages, else each behind what it needs. A need
 * that names no job is left out.
 */
export function layoutJobs(jobs: readonly GraphJob[], stages: readonly string[] = []): JobLayout {
  return stages.length > 0 ? layoutStages(jobs, stages) : layoutNeeds(jobs)
}

/** Between columns, where lines run. */
const COLUMN_GAP = 36
const ROW_GAP = 10
/** For the name of the stage. */
const HEAD_HEIGHT = 24

/** A column for each stage that has jobs; lines for what is needed by name. */
function layoutStages(jobs: readonly GraphJob[], stages: readonly string[]): JobLayout {
  const columns = [...stages, null]
    .map(stage => ({ stage, jobs: jobs.filter(job => (job.stage ?? null) === stage) }))
    .filter(column => column.jobs.length > 0)
  const nodes = new Map<string, Point>()
  columns.forEach((column, x) => {
    column.jobs.forEach((job, y) => {
      nodes.set(job.name, {
        x: MARGIN + x * (NODE_WIDTH + COLUMN_GAP),
        y: MARGIN + HEAD_HEIGHT + y * (NODE_HEIGHT + ROW_GAP),
      })
    })
  })
  const edges = jobs.flatMap(({ name, needs }) => needs.flatMap(need => edgeBetween(nodes, need, name)))
  const rows = Math.max(0, ...columns.map(column => column.jobs.length))
  return {
    width: 2 * MARGIN + columns.length * (NODE_WIDTH + COLUMN_GAP) - COLUMN_GAP,
    height: 2 * MARGIN + HEAD_HEIGHT + rows * (NODE_HEIGHT + ROW_GAP) - ROW_GAP,
    nodes,
    edges,
    heads: columns.flatMap(({ stage }, x) =>
      stage === null ? [] : [{ stage, x: MARGIN + x * (NODE_WIDTH + COLUMN_GAP) }],
    ),
  }
}

/** Of jobs in one column no line is drawn: it would run through those between them. */
function edgeBetween(nodes: ReadonlyMap<string, Point>, from: string, to: string): JobLayout['edges'] {
  const [start, end] = [nodes.get(from), nodes.get(to)]
  if (!start || !end || end.x <= start.x) return []
  const points = [
    { x: start.x + NODE_WIDTH, y: start.y + NODE_HEIGHT / 2 },
    { x: end.x, y: end.y + NODE_HEIGHT / 2 },
  ]
  return [{ from, to, points }]
}

function layoutNeeds(jobs: readonly GraphJob[]): JobLayout {
  const graph = new Graph()
  graph.setGraph({ rankdir: 'LR', nodesep: 14, ranksep: 36, marginx: MARGIN, marginy: MARGIN })
  graph.setDefaultEdgeLabel(() => ({}))
  const names = new Set(jobs.map(({ name }) => name))
  for (const { name } of jobs) graph.setNode(name, { width: NODE_WIDTH, height: NODE_HEIGHT })
  for (const { name, needs } of jobs)
    for (const need of withoutImplied(name, needs, jobs)) if (names.has(need)) graph.setEdge(need, name)
  layout(graph)
  const nodes = new Map<string, Point>()
  for (const { name } of jobs) {
    const { x, y } = graph.node(name)
    nodes.set(name, { x: x - NODE_WIDTH / 2, y: y - NODE_HEIGHT / 2 })
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

/** A line through the points that leaves and enters each of them level. */
export function pathOf(points: readonly Point[]): string {
  const [first, ...rest] = points
  if (!first) return ''
  let path = `M${first.x},${first.y}`
  let from = first
  for (const to of rest) {
    const middle = (from.x + to.x) / 2
    path += ` C${middle},${from.y} ${middle},${to.y} ${to.x},${to.y}`
    from = to
  }
  return path
}

export type Direction = 'left' | 'right' | 'up' | 'down'

/** The nearest job in a direction, for the arrow keys. */
export function neighbour({ nodes }: JobLayout, from: string, direction: Direction): string | undefined {
  const start = nodes.get(from)
  if (!start) return undefined
  const along = direction === 'left' || direction === 'right' ? 'x' : 'y'
  const across = along === 'x' ? 'y' : 'x'
  const sign = direction === 'right' || direction === 'down' ? 1 : -1
  let best: { name: string; distance: number } | undefined
  for (const [name, point] of nodes) {
    const ahead = (point[along] - start[along]) * sign
    if (ahead < 1) continue
    const distance = ahead + 2 * Math.abs(point[across] - start[across])
    if (!best || distance < best.distance) best = { name, distance }
  }
  return best?.name
}
