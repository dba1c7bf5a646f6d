import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react'
import { flushSync } from 'react-dom'
import type { JobView } from '../../../../src/api/views.ts'
import {
  type Direction,
  type Edge,
  MEMBER_HEIGHT,
  NODE_HEIGHT,
  NODE_WIDTH,
  neighbour,
  pathOf,
} from './geometry.ts'
import { type GraphItem, groupJobs, itemNodes, memberName } from './groups.ts'
import { GroupNode, JobNode, MemberNode } from './job-node.tsx'
import { layoutJobs } from './layout.ts'
import { useVisible } from './visible.ts'

const KEYS: Readonly<Record<string, Direction>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
}

interface JobGraphProps {
  readonly jobs: readonly JobView[]
  /** Names in order, where jobs have stages. */
  readonly stages: readonly string[]
  readonly selected: string | undefined
  /** The job that the address names: its group is unfolded at first. */
  readonly named: string | undefined
  readonly onSelect: (name: string) => void
}

/** Of thousands of jobs only those in view are in the page. */
export function JobGraph({ jobs, stages, selected, named, onSelect }: JobGraphProps) {
  const items = groupJobs(jobs)
  const [unfolded, setUnfolded] = useState(() => new Set(groupsWith(items, named)))
  // States change often, the shape hardly ever.
  const shape = JSON.stringify([itemNodes(items, key => unfolded.has(key)), stages])
  const drawn = useMemo(() => {
    const [nodes, names] = JSON.parse(shape)
    return layoutJobs(nodes, names)
  }, [shape])
  const box = useRef<HTMLDivElement>(null)
  const { isSeen } = useVisible(box)
  // What has the focus stays in the page wherever one scrolls.
  const [focused, setFocused] = useState<string>()
  const isDrawn = (name: string) => {
    const { x, y } = drawn.nodes.get(name)!
    return name === focused || isSeen(x, y, x + NODE_WIDTH, y + NODE_HEIGHT)
  }
  const move = (event: KeyboardEvent, from: string) => {
    const direction = KEYS[event.key]
    const next = direction && neighbour(drawn, from, direction)
    if (!next) return
    event.preventDefault()
    flushSync(() => setFocused(next))
    nodeOf(box.current, next)?.focus()
  }
  const fold = (key: string) => {
    setFocused(key)
    setUnfolded(now => new Set(now.has(key) ? [...now].filter(other => other !== key) : [...now, key]))
  }
  // biome-ignore lint/correctness/useExhaustiveDependencies: once, for the job that the page opens with
  useEffect(() => {
    // Only what is beyond the box: the page itself stays where it is.
    const at = selected === undefined ? undefined : drawn.nodes.get(selected)
    const element = box.current
    if (at && element && at.y + MEMBER_HEIGHT > element.scrollTop + element.clientHeight)
      element.scrollTop = at.y - element.clientHeight / 2
  }, [])
  const nodeFor = (name: string) => ({
    at: drawn.nodes.get(name)!,
    onKeyDown: (event: KeyboardEvent) => move(event, name),
  })
  const jobProps = (job: JobView) => ({
    ...nodeFor(job.name),
    job,
    selected: job.name === selected,
    onSelect() {
      setFocused(job.name)
      onSelect(job.name)
    },
  })
  return (
    <div ref={box} className="max-h-[70vh] overflow-auto p-1">
      <div className="relative" style={{ width: drawn.width, height: drawn.height }}>
        <svg
          aria-hidden="true"
          width={drawn.width}
          height={drawn.height}
          className="absolute inset-0 fill-none stroke-quiet/60"
        >
          {drawn.edges
            .filter(({ points }) => isSeen(...boundsOf(points)))
            .map(({ from, to, points }) => (
              <path key={`${from} ${to}`} d={pathOf(points)} strokeWidth="1.5" />
            ))}
        </svg>
        {drawn.heads.map(({ stage, x }) => (
          <span
            key={stage}
            style={{ left: x, width: NODE_WIDTH }}
            className="absolute top-1 truncate text-xs font-semibold text-soft"
          >
            {stage}
          </span>
        ))}
        {items.map(item => {
          if (item.kind === 'job')
            return isDrawn(item.job.name) && <JobNode key={item.job.id} {...jobProps(item.job)} />
          const { group } = item
          const isUnfolded = unfolded.has(group.key)
          return [
            isDrawn(group.key) && (
              <GroupNode
                key={group.key}
                {...nodeFor(group.key)}
                group={group}
                unfolded={isUnfolded}
                selected={group.jobs.some(({ name }) => name === selected)}
                onSelect={() => fold(group.key)}
              />
            ),
            isUnfolded &&
              group.jobs.map(
                job =>
                  isDrawn(job.name) && (
                    <MemberNode key={job.id} {...jobProps(job)} name={memberName(job.name, group.name)} />
                  ),
              ),
          ]
        })}
      </div>
    </div>
  )
}

function groupsWith(items: readonly GraphItem<JobView>[], job: string | undefined): readonly string[] {
  return items.flatMap(item =>
    item.kind === 'group' && item.group.jobs.some(({ name }) => name === job) ? [item.group.key] : [],
  )
}

function nodeOf(box: HTMLElement | null, name: string): HTMLElement | undefined {
  return [...(box?.querySelectorAll('button') ?? [])].find(
    ({ dataset }) => (dataset['node'] ?? dataset['job']) === name,
  )
}

function boundsOf(points: Edge['points']): [left: number, top: number, right: number, bottom: number] {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)]
  return [Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)]
}
