import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ModelView, RolloutView } from '../../../src/api/views.ts'
import { useMayControl } from '../access/may.ts'
import { modelIn, rollout } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { PhaseBadge } from '../ui/badge.tsx'
import { PageHead, Panel } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Ago } from '../ui/time.tsx'
import { RolloutActions } from './actions.tsx'
import { Disagreements } from './disagreements/panel.tsx'
import { EvidencePanel } from './evidence/panel.tsx'
import { Facts } from './facts.tsx'
import { HistoryLines } from './history.tsx'
import { RollBack } from './roll-back.tsx'
import { Sentence } from './sentence.tsx'
import { RolloutTraffic } from './traffic.tsx'

interface RolloutPageProps {
  readonly model: string
  readonly id: string
}

export function RolloutPage({ model, id }: RolloutPageProps) {
  return <Loaded query={useQuery(rollout(model, id))}>{found => <OfItsModel rollout={found} />}</Loaded>
}

function OfItsModel({ rollout: shown }: { readonly rollout: RolloutView }) {
  const query = useQuery(modelIn(shown.model, shown.environment))
  return <Loaded query={query}>{model => <Rollout rollout={shown} model={model} />}</Loaded>
}

interface RolloutProps {
  readonly rollout: RolloutView
  readonly model: ModelView
}

function Rollout({ rollout: shown, model }: RolloutProps) {
  const { t } = useI18n()
  const may = useMayControl(model.project)
  const { candidate, stable, environment } = shown
  // What is live now is this very rollout's end: the version before is one click away.
  const serves = shown.phase === 'promoted' && model.stable?.id === candidate.id
  return (
    <>
      <PageHead
        title={
          <>
            <Link to="/models/$model" params={{ model: shown.model }} className="hover:underline">
              {shown.model}
            </Link>
            <span className="text-soft">·</span> {t('rollout.title', { number: candidate.number })}
            <PhaseBadge phase={shown.phase} />
          </>
        }
        sub={
          <>
            <span>{stable ? t('rollout.against', { number: stable.number }) : t('rollout.first')}</span>
            <code>{environment}</code>
            <span>{t('common.by', { who: shown.by })}</span>
            <Ago at={shown.createdAt} />
          </>
        }
        actions={
          <>
            <RolloutActions rollout={shown} project={model.project} />
            {serves && model.previous && (
              <RollBack
                model={shown.model}
                project={model.project}
                environment={environment}
                to={model.previous.number}
              />
            )}
          </>
        }
      />
      <div className="space-y-4">
        <Sentence rollout={shown} />
        <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_22rem]">
          <div className="min-w-0 space-y-4">
            {shown.endedAt === null && <RolloutTraffic rollout={shown} traffic={model.traffic} />}
            {stable && hasEvidence(shown) && <EvidencePanel rollout={shown} />}
            {may && shown.steps.some(({ shadow }) => shadow !== undefined) && (
              <Disagreements rollout={shown} />
            )}
          </div>
          <div className="min-w-0 space-y-4">
            <Facts rollout={shown} model={model} />
            <Panel title={t('rollout.history')}>
              <HistoryLines history={shown.history} />
            </Panel>
          </div>
        </div>
      </div>
    </>
  )
}

/** What takes no part of the traffic by steps is not compared with anything. */
function hasEvidence({ strategy }: RolloutView): boolean {
  return strategy === 'canary' || strategy === 'ab' || strategy === 'bandit'
}
