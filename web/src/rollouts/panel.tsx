import { Link } from '@tanstack/react-router'
import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { PhaseBadge } from '../ui/badge.tsx'
import { Panel } from '../ui/panel.tsx'
import { Ago } from '../ui/time.tsx'
import { RolloutActions } from './actions.tsx'
import { Analysis } from './analysis.tsx'
import { RolloutHistory } from './history.tsx'
import { Kept } from './kept.tsx'
import { Steps } from './steps.tsx'

interface RolloutPanelProps {
  readonly rollout: RolloutView
  readonly project: string
}

/** A rollout that is under way, on its model's page; it has a page of its own with all the rest. */
export function RolloutPanel({ rollout, project }: RolloutPanelProps) {
  const { t } = useI18n()
  const { candidate, stable, phase, pipeline } = rollout
  const title = (
    <>
      <Link
        to="/models/$model/rollouts/$id"
        params={{ model: rollout.model, id: rollout.id }}
        className="hover:underline"
      >
        {t('rollout.title', { number: candidate.number })}
      </Link>
      <span role="status">
        <PhaseBadge phase={phase} />
      </span>
      <span className="text-xs font-normal text-soft">
        {stable ? t('rollout.against', { number: stable.number }) : t('rollout.first')}
      </span>
    </>
  )
  return (
    <Panel title={title} aside={<RolloutActions rollout={rollout} project={project} />}>
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
        {rollout.analysis && <Analysis analysis={rollout.analysis} rollout={rollout} />}
        <RolloutHistory history={rollout.history} />
      </div>
    </Panel>
  )
}
