export const NODE_WIDTH = 176
export const NODE_HEIGHT = 46
/** Jobs below the group that they are in. */
export const MEMBER_HEIGHT = 28
export const MEMBER_INDENT = 10
export const MARGIN = 4

export interface GraphJob {
  readonly name: string
  readonly needs: readonly string[]
  readonly stage?: string | null
  /** Of a group that is unfolded: its jobs, below it. */
  readonly members?: readonly string[]
}

export interface Point {
  readonly x: number
  readonly y: number
}

export interface Edge {
  readonly from: string
  readonly to: string
  readonly points: readonly Point[]
}

export interface JobLayout {
  readonly width: number
  readonly height: number
  /** Upper left corners, by name. */
  readonly nodes: ReadonlyMap<string, Point>
  readonly edges: readonly Edge[]
  /** Names of columns, where jobs stand by stage. */
  readonly heads: readonly { readonly stage: string; readonly x: number }[]
}

/** Of a job or a group with what is below it. */
export const heightOf = ({ members = [] }: GraphJob): number => NODE_HEIGHT + members.length * MEMBER_HEIGHT

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
    // A group and the jobs below it are one column.
    if (ahead <= MEMBER_INDENT) continue
    const distance = ahead + 2 * Math.abs(point[across] - start[across])
    if (!best || distance < best.distance) best = { name, distance }
  }
  return best?.name
}
