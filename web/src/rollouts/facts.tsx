import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { ModelView, RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Panel } from '../ui/panel.tsx'
import { Ago, Elapsed } from '../ui/time.tsx'

interface FactsProps {
  readonly rollout: RolloutView
  readonly model: ModelView
}

/** Which versions, where, how, and on whose word. */
export function Facts({ rollout, model }: FactsProps) {
  const { t, format } = useI18n()
  const { candidate, stable, pipeline, override, createdAt, endedAt } = rollout
  return (
    <Panel title={t('rollout.facts')}>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1.5 text-sm">
        <Fact name={t('rollout.candidate')}>
          <span className="font-medium">v{candidate.number}</span>{' '}
          {pipeline && (
            <Link to="/pipelines/$id" params={{ id: pipeline.id }} className="text-accent underline">
              {t('model.pipelineOf', { number: pipeline.number })}
            </Link>
          )}
        </Fact>
        <Fact name={t('arm.stable')}>
          {stable ? <span className="font-medium">v{stable.number}</span> : t('rollout.first')}
        </Fact>
        <Fact name={t('model.environment')}>
          <code>{rollout.environment}</code>
        </Fact>
        <Fact name={t('fleet.model')}>
          <Link to="/models/$model" params={{ model: rollout.model }} className="text-accent underline">
            {rollout.model}
          </Link>
        </Fact>
        <Fact name={t('common.project')}>
          <Link to="/projects/$" params={{ _splat: model.project }} className="text-accent underline">
            {model.project}
          </Link>
        </Fact>
        <Fact name={t('rollout.strategy')}>{t(`strategy.${rollout.strategy}`)}</Fact>
        <Fact name={t('rollout.askedBy')}>{rollout.by}</Fact>
        {rollout.approvedBy && <Fact name={t('rollout.approver')}>{rollout.approvedBy}</Fact>}
        {override && (
          <Fact name={t('rollout.overrider')}>
            {override.by}, <Ago at={override.at} />
          </Fact>
        )}
        {rollout.from.length > 0 && <Fact name={t('rollout.from')}>{rollout.from.join(', ')}</Fact>}
        <Fact name={t('rollout.begun')}>{format.dateTime(createdAt)}</Fact>
        <Fact name={t('pipelines.duration')}>
          <Elapsed from={createdAt} to={endedAt} />
        </Fact>
      </dl>
      <a
        href={`/api/v1/rollouts/${encodeURIComponent(rollout.id)}/records`}
        download={`${rollout.id}.records.json`}
        className="mt-3 inline-block text-sm text-accent underline"
      >
        {t('rollout.records')}
      </a>
    </Panel>
  )
}

function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <>
      <dt className="text-soft">{name}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </>
  )
}
