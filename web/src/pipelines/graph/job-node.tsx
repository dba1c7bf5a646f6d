import type { KeyboardEvent } from 'react'
import type { JobView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Elapsed } from '../../ui/time.tsx'
import { STATE_LOOK, TONE_CLASS } from '../../ui/tone.ts'
import { MEMBER_HEIGHT, MEMBER_INDENT, NODE_HEIGHT, NODE_WIDTH, type Point } from './geometry.ts'
import { countStates, type JobGroup } from './groups.ts'

interface NodeProps {
  readonly at: Point
  readonly onSelect: () => void
  readonly onKeyDown: (event: KeyboardEvent) => void
}

interface JobNodeProps extends NodeProps {
  readonly job: JobView
  readonly selected: boolean
}

const lookOf = (job: JobView) => {
  const { tone, icon } = STATE_LOOK[job.state]
  const isForgiven = tone === 'bad' && job.allowFailure
  return { tone: isForgiven ? ('warn' as const) : tone, icon, isForgiven }
}

export function JobNode({ job, at, selected, onSelect, onKeyDown }: JobNodeProps) {
  const { t } = useI18n()
  const { tone, icon, isForgiven } = lookOf(job)
  return (
    <button
      type="button"
      data-job={job.name}
      data-state={job.state}
      aria-pressed={selected}
      onClick={onSelect}
      onKeyDown={onKeyDown}
      style={{ left: at.x, top: at.y, width: NODE_WIDTH, height: NODE_HEIGHT }}
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
          {isForgiven && ` (${t('job.allowFailure')})`}
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

interface MemberNodeProps extends JobNodeProps {
  /** What of its name its group's does not say. */
  readonly name: string
}

/** A job below the group that it is in. */
export function MemberNode({ job, name, at, selected, onSelect, onKeyDown }: MemberNodeProps) {
  const { t } = useI18n()
  const { tone, icon } = lookOf(job)
  return (
    <button
      type="button"
      data-job={job.name}
      data-state={job.state}
      aria-pressed={selected}
      aria-label={`${job.name} ${t(`state.${job.state}`)}`}
      title={`${job.name} · ${t(`state.${job.state}`)}`}
      onClick={onSelect}
      onKeyDown={onKeyDown}
      style={{ left: at.x, top: at.y + 2, width: NODE_WIDTH - MEMBER_INDENT, height: MEMBER_HEIGHT - 3 }}
      className={`absolute flex items-center gap-1.5 rounded border bg-surface px-1.5 text-left text-xs hover:bg-raised ${selected ? 'border-accent ring-1 ring-accent' : 'border-line'}`}
    >
      <span className={`grid size-4 shrink-0 place-items-center rounded-full ${TONE_CLASS[tone]}`}>
        <Icon name={icon} size={9} />
      </span>
      <span className="grow truncate">{name}</span>
      {job.startedAt && (
        <span className="shrink-0 text-soft">
          <Elapsed from={job.startedAt} to={job.endedAt} />
        </span>
      )}
    </button>
  )
}

/** Those that want a look come first. */
const ORDER: readonly JobView['state'][] = [
  'failed',
  'errored',
  'waiting',
  'running',
  'ready',
  'blocked',
  'succeeded',
  'canceled',
  'skipped',
]

interface GroupNodeProps extends NodeProps {
  readonly group: JobGroup<JobView>
  readonly unfolded: boolean
  /** The selected job is in it. */
  readonly selected: boolean
}

/** The jobs that one job of the file became, counted by state; selecting it folds or unfolds it. */
export function GroupNode({ group, at, unfolded, selected, onSelect, onKeyDown }: GroupNodeProps) {
  const { t, format } = useI18n()
  const counts = countStates(group.jobs, ORDER)
  const said = counts.map(({ state, n }) => `${format.number(n)} ${t(`state.${state}`)}`).join(', ')
  const jobs = t('pipeline.group', { n: group.jobs.length })
  return (
    <button
      type="button"
      data-group={group.name}
      data-node={group.key}
      aria-expanded={unfolded}
      aria-label={`${group.name} · ${jobs}: ${said}`}
      title={`${group.name} · ${jobs}: ${said}`}
      onClick={onSelect}
      onKeyDown={onKeyDown}
      style={{ left: at.x, top: at.y, width: NODE_WIDTH, height: NODE_HEIGHT }}
      className={`absolute flex items-center gap-1.5 rounded-md border border-b-4 border-double bg-surface px-2 text-left hover:bg-raised ${selected ? 'border-accent' : 'border-line'}`}
    >
      <span className={`flex text-soft ${unfolded ? 'rotate-90' : ''}`}>
        <Icon name="chevron" size={13} />
      </span>
      <span className="min-w-0 grow">
        <span className="flex gap-1 text-sm leading-4 font-medium">
          <span className="truncate">{group.name}</span>
          <span className="tabular font-normal text-soft">× {format.number(group.jobs.length)}</span>
        </span>
        <span className="mt-0.5 flex gap-1 overflow-hidden text-xs leading-4">
          {counts.map(({ state, n }) => (
            <span
              key={state}
              className={`tabular flex items-center gap-0.5 rounded px-1 ${TONE_CLASS[STATE_LOOK[state].tone]}`}
            >
              <Icon name={STATE_LOOK[state].icon} size={10} />
              {format.number(n)}
            </span>
          ))}
        </span>
      </span>
    </button>
  )
}
