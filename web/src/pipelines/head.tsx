import { Link } from '@tanstack/react-router'
import type { PipelineView } from '../../../src/api/views.ts'
import { change } from '../api/http.ts'
import { useI18n } from '../i18n/index.tsx'
import { Badge, StateBadge, UnsandboxedBadge } from '../ui/badge.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'
import { PageHead } from '../ui/panel.tsx'
import { Ago, Elapsed } from '../ui/time.tsx'
import { eventName, shortCommit, shortRef } from './names.ts'

export function PipelineHead({ run }: { readonly run: PipelineView }) {
  const { t } = useI18n()
  const unsandboxed = run.jobs.some(job => job.attempts.some(({ sandboxed }) => !sandboxed))
  const title = (
    <>
      {t('pipeline.title', { number: run.number })}
      <span role="status" className="flex gap-1.5">
        <StateBadge state={run.state} />
        {run.waiting && <StateBadge state="waiting" />}
      </span>
      {unsandboxed && <UnsandboxedBadge />}
    </>
  )
  const cancel = run.state === 'running' && (
    <Confirm
      label={t('pipeline.cancel')}
      ask={t('pipeline.cancelAsk', { number: run.number })}
      text={t('pipeline.cancelText')}
      danger
      act={() => change('POST', `/api/v1/pipelines/${run.id}/cancel`)}
    />
  )
  return <PageHead title={title} sub={<Origin run={run} />} actions={cancel} />
}

function Origin({ run }: { readonly run: PipelineView }) {
  const { t } = useI18n()
  return (
    <>
      <span className="w-full text-base text-ink">{run.title}</span>
      <Link to="/projects/$" params={{ _splat: run.project }} className="hover:underline">
        {run.project}
      </Link>
      <span className="inline-flex items-center gap-1">
        <Icon name="branch" size={12} />
        <code>{shortRef(run.ref)}</code>
      </span>
      <code title={run.commit}>{shortCommit(run.commit)}</code>
      {run.event !== 'push' && <Badge tone="quiet">{eventName(t, run.event)}</Badge>}
      {run.parent && (
        <Link
          to="/pipelines/$id"
          params={{ id: run.parent.id }}
          search={{ job: run.parent.job }}
          className="hover:underline"
        >
          {t('pipeline.madeBy', { job: run.parent.job, number: run.parent.number })}
        </Link>
      )}
      <span>{t('common.by', { who: run.by })}</span>
      <Ago at={run.createdAt} />
      <Elapsed from={run.createdAt} to={run.endedAt} />
    </>
  )
}
