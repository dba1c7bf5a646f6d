import { Link } from '@tanstack/react-router'
import type { ModelView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { HealthBadge, PhaseBadge, StateBadge, VerdictBadge } from '../ui/badge.tsx'
import { Cell, Row } from '../ui/table.tsx'
import { WeightBar } from '../ui/weight-bar.tsx'

export function ModelRow({ model }: { readonly model: ModelView }) {
  const { t, format } = useI18n()
  const { latencyP50, latencyP99, latestPipeline } = model
  return (
    <Row>
      <Cell>
        <Link to="/models/$model" params={{ model: model.name }} className="font-semibold hover:underline">
          {model.name}
        </Link>
        <div className="text-xs text-soft">
          <Link to="/projects/$" params={{ _splat: model.project }} className="hover:underline">
            {model.project}
          </Link>
        </div>
      </Cell>
      <Cell>
        {model.stable ? (
          <span className="font-medium">v{model.stable.number}</span>
        ) : (
          <span className="text-soft">{t('fleet.nothingLive')}</span>
        )}
      </Cell>
      <Cell>
        <HealthBadge health={model.health} />
      </Cell>
      <Cell>
        <RolloutCell model={model} />
      </Cell>
      <Cell>{format.number(model.requestsPerSecond)}</Cell>
      <Cell>
        {latencyP50 === null || latencyP99 === null
          ? '–'
          : `${format.duration(latencyP50)} / ${format.duration(latencyP99)}`}
      </Cell>
      <Cell>
        {model.errorRate === null ? (
          '–'
        ) : (
          <span className={model.errorRate > 0 ? 'text-bad' : ''}>{format.percent(model.errorRate)}</span>
        )}
      </Cell>
      <Cell>
        {latestPipeline && (
          <Link
            to="/pipelines/$id"
            params={{ id: latestPipeline.id }}
            className="inline-flex items-center gap-1.5 hover:underline"
          >
            #{latestPipeline.number}
            <StateBadge state={latestPipeline.waiting ? 'waiting' : latestPipeline.state} />
          </Link>
        )}
      </Cell>
    </Row>
  )
}

function RolloutCell({ model }: { readonly model: ModelView }) {
  const { t, format } = useI18n()
  const { rollout } = model
  if (!rollout) return <span className="text-soft">{model.stable ? t('fleet.steady') : '–'}</span>
  return (
    <div className="min-w-40">
      <div className="flex items-center gap-1.5">
        <span className="font-medium">v{rollout.candidate.number}</span>
        <PhaseBadge phase={rollout.phase} />
        {rollout.analysis && <VerdictBadge verdict={rollout.analysis.verdict} />}
        <span className="text-xs text-soft">{format.percent(rollout.weight)}</span>
      </div>
      <div className="mt-1.5">
        <WeightBar parts={model.traffic} />
      </div>
    </div>
  )
}
