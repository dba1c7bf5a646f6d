import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ModelView } from '../../../src/api/views.ts'
import { model } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { RolloutPanel } from '../rollouts/panel.tsx'
import { PastRollouts } from '../rollouts/past-rollouts.tsx'
import { RollBack } from '../rollouts/roll-back.tsx'
import { Badge, HealthBadge } from '../ui/badge.tsx'
import { PageHead } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Endpoint } from './endpoint.tsx'
import { Lineage } from './lineage.tsx'
import { QualityPanel } from './quality.tsx'
import { Served } from './served.tsx'
import { Traffic } from './traffic.tsx'
import { TryIt } from './try/try-it.tsx'
import { Versions } from './versions.tsx'

export function ModelPage({ name }: { readonly name: string }) {
  return <Loaded query={useQuery(model(name))}>{found => <Model model={found} />}</Loaded>
}

function Model({ model: shown }: { readonly model: ModelView }) {
  const { previous } = shown
  return (
    <>
      <PageHead
        title={
          <>
            {shown.name}
            {shown.stable && <span className="text-soft">v{shown.stable.number}</span>}
            <span role="status">
              <HealthBadge health={shown.health} />
            </span>
          </>
        }
        sub={<About model={shown} />}
        actions={
          previous && (
            <RollBack
              model={shown.name}
              project={shown.project}
              environment={shown.environment}
              to={previous.number}
            />
          )
        }
      />
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,1fr)_24rem]">
        <div className="min-w-0 space-y-4">
          <Traffic model={shown} />
          {shown.rollout && <RolloutPanel rollout={shown.rollout} project={shown.project} />}
          <Versions model={shown} />
          <QualityPanel model={shown} />
          <Served name={shown.name} />
          <PastRollouts name={shown.name} />
        </div>
        <div className="min-w-0 space-y-4">
          <TryIt model={shown} />
          <Endpoint model={shown} />
          <Lineage model={shown} />
        </div>
      </div>
    </>
  )
}

function About({
  model: { project, environment, task, form, previous, latestPipeline },
}: {
  readonly model: ModelView
}) {
  const { t, format } = useI18n()
  return (
    <>
      <Link to="/projects/$" params={{ _splat: project }} className="hover:underline">
        {project}
      </Link>
      <span>
        {t('model.environment')} <code>{environment}</code>
      </span>
      <span>
        {t('model.task')} <code>{task}</code>
      </span>
      {form.variant && <Badge tone="good">{t('variants.serves', { name: form.variant.name })}</Badge>}
      {form.fallback && (
        <Badge tone="warn" icon="alert" title={form.fallback.reason}>
          {t('variants.fellBack', { name: form.fallback.name })}
        </Badge>
      )}
      {previous?.heldUntil && Date.parse(previous.heldUntil) > Date.now() && (
        <span>
          {t('model.heldUntil', { number: previous.number, time: format.dateTime(previous.heldUntil) })}
        </span>
      )}
      {latestPipeline && (
        <Link to="/pipelines/$id" params={{ id: latestPipeline.id }} className="hover:underline">
          {t('model.pipelineOf', { number: latestPipeline.number })}
        </Link>
      )}
    </>
  )
}
