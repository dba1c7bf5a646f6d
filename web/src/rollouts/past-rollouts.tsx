import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { rollouts } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { PhaseBadge } from '../ui/badge.tsx'
import { Icon } from '../ui/icon.tsx'
import { Panel } from '../ui/panel.tsx'
import { Ago } from '../ui/time.tsx'
import { Analysis } from './analysis.tsx'
import { RolloutHistory } from './history.tsx'

/** Rollouts that ended, with the evidence they ended by. */
export function PastRollouts({ name }: { readonly name: string }) {
  const { t } = useI18n()
  const { data = [] } = useQuery(rollouts(name))
  const past = data.filter(({ endedAt }) => endedAt !== null)
  if (past.length === 0) return null
  return (
    <Panel title={t('rollout.past')} flush>
      {past.map(rollout => (
        <details key={rollout.id} className="group border-b border-line px-3 py-2 last:border-0">
          <summary className="flex flex-wrap items-center gap-2 text-sm">
            <span className="group-open:rotate-90">
              <Icon name="chevron" size={12} />
            </span>
            <span className="font-medium">v{rollout.candidate.number}</span>
            <PhaseBadge phase={rollout.phase} />
            <span className="text-soft">
              <Ago at={rollout.endedAt ?? rollout.createdAt} /> · {t('common.by', { who: rollout.by })}
            </span>
            {rollout.reason && <span className="min-w-0 truncate text-soft">{rollout.reason}</span>}
          </summary>
          <div className="space-y-4 py-3 pl-5">
            {rollout.analysis && <Analysis analysis={rollout.analysis} rollout={rollout} />}
            <RolloutHistory history={rollout.history} />
            <Link
              to="/models/$model/rollouts/$id"
              params={{ model: rollout.model, id: rollout.id }}
              className="text-sm text-accent underline"
            >
              {t('rollout.open')}
            </Link>
          </div>
        </details>
      ))}
    </Panel>
  )
}
