import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { AttemptView, JobView } from '../../../src/api/views.ts'
import { change } from '../api/http.ts'
import { useI18n } from '../i18n/index.tsx'
import { ActButton } from '../ui/act-button.tsx'
import { Badge, StateBadge, UnsandboxedBadge, VerdictBadge } from '../ui/badge.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Panel } from '../ui/panel.tsx'
import { Elapsed } from '../ui/time.tsx'
import { Artifacts } from './artifacts.tsx'
import { Gates } from './gates.tsx'
import { StartJob } from './inputs/start-job.tsx'
import { JobFacts } from './job-facts.tsx'
import { LogView } from './log/log-view.tsx'
import { Reports } from './reports.tsx'
import { Variants } from './variants/panel.tsx'

interface JobPanelProps {
  readonly job: JobView
  readonly pipelineId: string
}

export function JobPanel({ job, pipelineId }: JobPanelProps) {
  const { t } = useI18n()
  const [chosen, setChosen] = useState<string>()
  const attempt = job.attempts.find(({ id }) => id === chosen) ?? job.attempts.at(-1)
  return (
    <div className="space-y-4">
      <Panel title={<JobTitle job={job} />} aside={<JobActions job={job} pipelineId={pipelineId} />}>
        <div className="space-y-3">
          {job.reason && <p className="text-soft">{job.reason}</p>}
          <JobFacts job={job} />
          {job.summary.length > 0 && job.gates.length === 0 && (
            <ul className="space-y-1">
              {job.summary.map(line => (
                <li key={line} className="break-words">
                  {line}
                </li>
              ))}
            </ul>
          )}
          {job.attempts.length > 0 ? (
            <Attempts attempts={job.attempts} shown={attempt?.id} onChoose={setChosen} />
          ) : (
            job.state !== 'succeeded' &&
            job.state !== 'skipped' &&
            job.kind !== 'deploy' && <p className="text-soft">{t('job.noAttempt')}</p>
          )}
        </div>
      </Panel>
      {job.reports && <Reports reports={job.reports} />}
      {job.gates.length > 0 && <Gates gates={job.gates} />}
      {job.optimization && <Variants optimization={job.optimization} />}
      {attempt && attempt.artifacts.length > 0 && <Artifacts attempt={attempt} />}
      {attempt && <LogView key={attempt.id} attempt={attempt} name={job.name} />}
    </div>
  )
}

function JobTitle({ job }: { readonly job: JobView }) {
  const { t } = useI18n()
  return (
    <>
      {job.name}
      <span role="status">
        <StateBadge state={job.state} />
      </span>
      {job.verdict && <VerdictBadge verdict={job.verdict} />}
      <span className="text-xs font-normal text-soft">
        {t(`job.kind.${job.kind}`)}
        {job.detail && ` · ${job.detail}`}
        {job.allowFailure && ` · ${t('job.allowFailure')}`}
      </span>
    </>
  )
}

const ENDED: readonly JobView['state'][] = ['succeeded', 'failed', 'errored', 'canceled', 'skipped']

function JobActions({ job, pipelineId }: JobPanelProps) {
  const { t } = useI18n()
  const client = useQueryClient()
  const act = async (verb: string, body?: unknown) => {
    await change('POST', `/api/v1/jobs/${job.id}/${verb}`, body)
    await client.invalidateQueries({ queryKey: ['pipeline', pipelineId] })
  }
  const text =
    job.kind === 'deploy' && job.detail
      ? t('job.approveDeploy', { environment: job.detail })
      : t('job.approveText')
  const ended = ENDED.includes(job.state)
  const mayRetry = ended && job.state !== 'succeeded' && job.state !== 'skipped'
  return (
    <>
      {job.awaitsApproval && (
        <Confirm
          label={t('job.approve')}
          ask={t('job.approveAsk', { name: job.name })}
          text={text}
          act={() => act('approve')}
        />
      )}
      {job.playable && (
        <StartJob
          key={job.id}
          label={t('job.play')}
          ask={t('job.playAsk', { name: job.name })}
          text={job.confirmation ?? t('job.playText')}
          inputs={job.inputs}
          act={inputs => act('play', { inputs })}
        />
      )}
      {mayRetry && job.inputs.length === 0 && (
        <ActButton act={() => act('retry')}>{t('job.retry')}</ActButton>
      )}
      {mayRetry && job.inputs.length > 0 && (
        <StartJob
          key={job.id}
          label={t('job.retry')}
          ask={t('job.retryAsk', { name: job.name })}
          text={t('job.retryText')}
          inputs={job.inputs}
          act={inputs => act('retry', { inputs })}
        />
      )}
      {!ended && (
        <Confirm
          label={t('job.cancel')}
          ask={t('job.cancelAsk', { name: job.name })}
          text={t('job.cancelText')}
          danger
          act={() => act('cancel')}
        />
      )}
    </>
  )
}

interface AttemptsProps {
  readonly attempts: readonly AttemptView[]
  readonly shown: string | undefined
  readonly onChoose: (id: string) => void
}

function Attempts({ attempts, shown, onChoose }: AttemptsProps) {
  const { t } = useI18n()
  return (
    <ul aria-label={t('job.attempts')} className="flex flex-wrap gap-2">
      {attempts.map(attempt => (
        <li key={attempt.id}>
          <button
            type="button"
            aria-pressed={attempt.id === shown}
            onClick={() => onChoose(attempt.id)}
            className={`flex flex-wrap items-center gap-2 rounded-md border px-2 py-1 text-left text-xs hover:bg-raised ${attempt.id === shown ? 'border-accent' : 'border-line'}`}
          >
            <span className="font-medium">{t('job.attempt', { number: attempt.number })}</span>
            <StateBadge state={attempt.state} />
            {!attempt.sandboxed && <UnsandboxedBadge />}
            {attempt.exitCode !== null && attempt.exitCode !== 0 && (
              <Badge tone="bad">{t('job.exit', { code: attempt.exitCode })}</Badge>
            )}
            <span className="text-soft">
              {attempt.runner}
              {attempt.startedAt && (
                <>
                  {' · '}
                  <Elapsed from={attempt.startedAt} to={attempt.endedAt} />
                </>
              )}
            </span>
            {attempt.reason && <span className="w-full text-soft">{attempt.reason}</span>}
          </button>
        </li>
      ))}
    </ul>
  )
}
