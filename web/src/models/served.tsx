import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { LogEntry } from '../../../src/api/versions.ts'
import { modelLog } from '../api/queries.ts'
import { deciderOf } from '../deployments/decider.ts'
import { EventBadge } from '../deployments/event.tsx'
import { useI18n } from '../i18n/index.tsx'
import { Panel } from '../ui/panel.tsx'
import { Ago } from '../ui/time.tsx'

type Moved = Extract<LogEntry, { kind: 'moved' }>

/** What served where, by whose decision; newest first. */
export function Served({ name }: { readonly name: string }) {
  const { t } = useI18n()
  const { data } = useQuery(modelLog(name))
  const moves = (data?.entries ?? []).filter(entry => entry.kind === 'moved')
  if (moves.length === 0) return null
  return (
    <Panel
      title={t('log.title')}
      aside={
        <Link to="/deployments" search={{ model: name }} className="hover:underline">
          {t('deployments.title')}
        </Link>
      }
    >
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
      <EventBadge event={event} rollback={rollback} />
      <code className="text-xs">{place.name}</code>
      <span className="tabular font-medium">
        {before && `v${before.number} → `}v{version.number}
      </span>
      {weight !== null && weight > 0 && <span className="tabular text-xs">{format.percent(weight)}</span>}
      <span className="text-soft">
        {t('log.decided', { who: deciderOf(decision, t) })}
        {decision.kind !== 'person' && ` · ${t('log.asked', { who: by })}`}
      </span>
      {reason && <span className="w-full break-words text-soft">{reason}</span>}
    </li>
  )
}
