import { Link } from '@tanstack/react-router'
import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { PhaseBadge } from '../ui/badge.tsx'
import { Panel } from '../ui/panel.tsx'
import { Ago } from '../ui/time.tsx'
import { RolloutActions } from './actions.tsx'
import { Analysis } from './analysis.tsx'
import { RolloutHistory } from './history.tsx'
import { Steps } from './steps.tsx'

export function RolloutPanel({ rollout }: { readonly rollout: RolloutView }) {
  const { t } = useI18n()
  const { candidate, stable, phase, pipeline } = rollout
  const title = (
    <>
      {t('rollout.title', { number: candidate.number })}
      <span role="status">
        <PhaseBadge phase={phase} />
      </span>
      <span className="text-xs font-normal text-soft">
        {stable ? t('rollout.against', { number: stable.number }) : t('rollout.first')}
      </span>
    </>
  )
  return (
    <Panel title={title} aside={<RolloutActions rollout={rollout} />}>
      <div className="space-y-4">
        <p className="flex flex-wrap gap-x-3 text-sm text-soft">
          <span>{t('common.by', { who: rollout.by })}</span>
          <Ago at={rollout.createdAt} />
          {rollout.approvedBy && <span>{t('rollout.approvedBy', { who: rollout.approvedBy })}</span>}
          {pipeline && (
            <Link to="/pipelines/$id" params={{ id: pipeline.id }} className="hover:underline">
              {t('model.pipelineOf', { number: pipeline.number })}
            </Link>
          )}
        </p>
        <Kept rollout={rollout} />
        {/* While it holds, the analysis below says the same with its figures. */}
        {rollout.reason && !rollout.analysis && !rollout.closure && <p>{rollout.reason}</p>}
        {/* A first version has nothing to be compared with: it takes no steps. */}
        {stable && rollout.steps.length > 0 && <Steps rollout={rollout} />}
        {rollout.analysis && (
          <Analysis
            analysis={rollout.analysis}
            trafficPerSecond={rollout.trafficPerSecond}
            rollout={rollout}
          />
        )}
        <RolloutHistory history={rollout.history} />
      </div>
    </Panel>
  )
}

/** What calendar keeps it, and who let it go on all the same. */
function Kept({ rollout: { closure, override } }: { readonly rollout: RolloutView }) {
  const { t, format } = useI18n()
  if (override) return <p className="text-sm text-soft">{t('rollout.overridden', { who: override.by })}</p>
  if (!closure) return null
  const window = closure.window
  return (
    <p role="status">
      {t(closure.kind === 'frozen' ? 'rollout.frozen' : 'rollout.outOfSchedule', { window })}{' '}
      {closure.until === null
        ? t('rollout.keptForever')
        : t('rollout.keptUntil', { time: format.dateTime(closure.until) })}
    </p>
  )
}
