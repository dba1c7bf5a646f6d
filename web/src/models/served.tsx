import { useQuery } from '@tanstack/react-query'
import type { DecisionView, LogEntry } from '../../../src/api/versions.ts'
import { modelLog } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Badge } from '../ui/badge.tsx'
import { Panel } from '../ui/panel.tsx'
import { Ago } from '../ui/time.tsx'
import type { Tone } from '../ui/tone.ts'

type Moved = Extract<LogEntry, { kind: 'moved' }>

const TONE: Readonly<Record<Moved['event'], Tone>> = {
  served: 'good',
  canary: 'warn',
  aborted: 'bad',
  set: 'quiet',
  removed: 'quiet',
}

/** What served where, by whose decision; newest first. */
export function Served({ name }: { readonly name: string }) {
  const { t } = useI18n()
  const { data } = useQuery(modelLog(name))
  const moves = (data?.entries ?? []).filter(entry => entry.kind === 'moved')
  if (moves.length === 0) return null
  return (
    <Panel title={t('log.title')}>
      <ol className="still max-h-96 space-y-2 overflow-y-auto border-l-2 border-line pl-3 text-sm">
        {moves.map(move => (
          <Line key={`${move.at} ${move.place.name} ${move.version.id} ${move.event}`} move={move} />
        ))}
      </ol>
    </Panel>
  )
}

function Line({ move }: { readonly move: Moved }) {
  const { t, format } = useI18n()
  const { at, place, event, version, before, weight, by, decision, rollback, reason } = move
  return (
    <li className="flex flex-wrap items-baseline gap-x-2">
      <span className="text-xs text-soft">
        <Ago at={at} />
      </span>
      <Badge tone={TONE[event]}>
        {rollback && event === 'served' ? t('log.rollback') : t(`log.${event}`)}
      </Badge>
      <code className="text-xs">{place.name}</code>
      <span className="tabular font-medium">
        {before && `v${before.number} → `}v{version.number}
      </span>
      {weight !== null && weight > 0 && <span className="tabular text-xs">{format.percent(weight)}</span>}
      <span className="text-soft">
        {t('log.decided', { who: useDecider(decision) })}
        {decision.kind !== 'person' && ` · ${t('log.asked', { who: by })}`}
      </span>
      {reason && <span className="w-full break-words text-soft">{reason}</span>}
    </li>
  )
}

function useDecider(decision: DecisionView): string {
  const { t } = useI18n()
  return decision.kind === 'person' ? decision.by : t(`log.by.${decision.kind}`)
}
