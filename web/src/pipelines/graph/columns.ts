import {
  type Edge,
  type GraphJob,
  heightOf,
  type JobLayout,
  MARGIN,
  NODE_HEIGHT,
  NODE_WIDTH,
  type Point,
} from './geometry.ts'

/** Between columns, where lines run. */
const COLUMN_GAP = 36
const ROW_GAP = 10
/** For the name of the stage. */
const HEAD_HEIGHT = 24
/** Nobody reads more: none is drawn then. */
const MAX_EDGES = 5000

export interface Column {
  /** Its name, where it has one. */
  readonly stage: string | null
  readonly jobs: readonly GraphJob[]
}

/** A column for each stage that has jobs; lines for what is needed by name. */
export function stageColumns(jobs: readonly GraphJob[], stages: readonly string[]): readonly Column[] {
  const byStage = new Map<string | null, GraphJob[]>([...stages, null].map(stage => [stage, []]))
  for (const job of jobs) byStage.get(job.stage ?? null)?.push(job)
  return [...byStage]
    .map(([stage, found]) => ({ stage, jobs: found }))
    .filter(column => column.jobs.length > 0)
}

/** A column for each number of jobs that have to run before, one after another. */
export function rankColumns(jobs: readonly GraphJob[]): readonly Column[] {
  const columns: GraphJob[][] = []
  const left = new Map(jobs.map(job => [job.name, job]))
  const rankOf = new Map<string, number>()
  // Each turn takes those that need nothing any more; where jobs need each other in a circle, all that are left.
  for (let rank = 0; left.size > 0; rank++) {
    const free = [...left.values()].filter(({ needs }) => !needs.some(need => left.has(need)))
    const taken = free.length > 0 ? free : [...left.values()]
    for (const { name } of taken) {
      rankOf.set(name, rank)
      left.delete(name)
    }
    columns.push(taken)
  }
  return columns.map(column => ({ stage: null, jobs: column }))
}

export function layoutColumns(columns: readonly Column[]): JobLayout {
  const nodes = new Map<string, Point>()
  const hasHeads = columns.some(({ stage }) => stage !== null)
  const top = MARGIN + (hasHeads ? HEAD_HEIGHT : 0)
  let bottom = top
  columns.forEach((column, index) => {
    let y = top
    for (const job of column.jobs) {
      nodes.set(job.name, { x: leftOf(index), y })
      y += heightOf(job) + ROW_GAP
    }
    bottom = Math.max(bottom, y - ROW_GAP)
  })
  return {
    width: leftOf(columns.length) - COLUMN_GAP + MARGIN,
    height: bottom + MARGIN,
    nodes,
    edges: edgesOf(columns, nodes),
    heads: columns.flatMap(({ stage }, index) => (stage === null ? [] : [{ stage, x: leftOf(index) }])),
  }
}

const leftOf = (column: number) => MARGIN + column * (NODE_WIDTH + COLUMN_GAP)

function edgesOf(columns: readonly Column[], nodes: ReadonlyMap<string, Point>): readonly Edge[] {
  const edges: Edge[] = []
  for (const { jobs } of columns)
    for (const { name, needs } of jobs)
      for (const need of needs) {
        edges.push(...edgeBetween(nodes, need, name))
        if (edges.length > MAX_EDGES) return []
      }
  return edges
}

/** Of jobs in one column no line is drawn: it would run through those between them. */
function edgeBetween(nodes: ReadonlyMap<string, Point>, from: string, to: string): readonly Edge[] {
  const [start, end] = [nodes.get(from), nodes.get(to)]
  if (!start || !end || end.x <= start.x) return []
  const points = [
    { x: start.x + NODE_WIDTH, y: start.y + NODE_HEIGHT / 2 },
    { x: end.x, y: end.y + NODE_HEIGHT / 2 },
  ]
  return [{ from, to, points }]
}
