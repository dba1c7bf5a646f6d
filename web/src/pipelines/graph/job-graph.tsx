import { type KeyboardEvent, useMemo, useRef } from 'react'
import type { JobView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Elapsed } from '../../ui/time.tsx'
import { STATE_LOOK, TONE_CLASS } from '../../ui/tone.ts'
import { type Direction, layoutJobs, NODE_HEIGHT, NODE_WIDTH, neighbour, pathOf } from './layout.ts'

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
  readonly onSelect: (name: string) => void
}

export function JobGraph({ jobs, stages, selected, onSelect }: JobGraphProps) {
  // States change often, the shape hardly ever.
  const shape = JSON.stringify([jobs.map(({ name, needs, stage }) => ({ name, needs, stage })), stages])
  const drawn = useMemo(() => {
    const [nodes, names] = JSON.parse(shape)
    return layoutJobs(nodes, names)
  }, [shape])
  const box = useRef<HTMLDivElement>(null)
  const move = (event: KeyboardEvent, from: string) => {
    const direction = KEYS[event.key]
    const next = direction && neighbour(drawn, from, direction)
    if (!next) return
    event.preventDefault()
    const button = [...(box.current?.querySelectorAll('button') ?? [])].find(
      ({ dataset }) => dataset['job'] === next,
    )
    button?.focus()
  }
  return (
    <div ref={box} className="overflow-x-auto p-1">
      <div className="relative" style={{ width: drawn.width, height: drawn.height }}>
        <svg
          aria-hidden="true"
          width={drawn.width}
          height={drawn.height}
          className="absolute inset-0 fill-none stroke-quiet/60"
        >
          {drawn.edges.map(({ from, to, points }) => (
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
        {jobs.map(job => {
          const at = drawn.nodes.get(job.name)!
          return (
            <JobNode
              key={job.id}
              job={job}
              left={at.x}
              top={at.y}
              selected={job.name === selected}
              onSelect={() => onSelect(job.name)}
              onKeyDown={event => move(event, job.name)}
            />
          )
        })}
      </div>
    </div>
  )
}

interface JobNodeProps {
  readonly job: JobView
  readonly left: number
  readonly top: number
  readonly selected: boolean
  readonly onSelect: () => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

function JobNode({ job, left, top, selected, onSelect, onKeyDown }: JobNodeProps) {
  const { t } = useI18n()
  const { tone: usual, icon } = STATE_LOOK[job.state]
  const tone = usual === 'bad' && job.allowFailure ? 'warn' : usual
  return (
    <button
      type="button"
      data-job={job.name}
      data-state={job.state}
      aria-pressed={selected}
      onClick={onSelect}
      onKeyDown={onKeyDown}
      style={{ left, top, width: NODE_WIDTH, height: NODE_HEIGHT }}
      className={`absolute flex items-center gap-2 rounded-md border bg-surface px-2 text-left hover:bg-raised ${selected ? 'border-accent ring-1 ring-accent' : 'border-line'}`}
    >
      <span className={`grid size-6 shrink-0 place-items-center rounded-full ${TONE_CLASS[tone]}`}>
        <Icon name={icon} size={13} />
      </span>
      <span className="min-w-0 grow">
        <span className="block truncate text-sm leading-4 font-medium" title={job.name}>
          {job.name}
        </span>
        <span className="block truncate text-xs leading-4 text-soft">
          {t(`state.${job.state}`)}
          {tone !== usual && ` (${t('job.allowFailure')})`}
          {job.startedAt && (
            <>
              {' · '}
              <Elapsed from={job.startedAt} to={job.endedAt} />
            </>
          )}
        </span>
      </span>
    </button>
  )
}
