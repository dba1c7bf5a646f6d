import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import type { JobView, PipelineView } from '../../../src/api/views.ts'
import { pipeline } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Icon } from '../ui/icon.tsx'
import { Panel } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { JobGraph } from './graph/job-graph.tsx'
import { PipelineHead } from './head.tsx'
import { JobPanel } from './job-panel.tsx'

interface PipelinePageProps {
  readonly id: string
  /** Name of the job to show; by default the one that needs a look. */
  readonly job: string | undefined
}

export function PipelinePage({ id, job }: PipelinePageProps) {
  return <Loaded query={useQuery(pipeline(id))}>{run => <Run run={run} jobName={job} />}</Loaded>
}

function Run({ run, jobName }: { readonly run: PipelineView; readonly jobName: string | undefined }) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const shown = run.jobs.find(({ name }) => name === jobName) ?? mostInteresting(run.jobs)
  const select = (name: string) =>
    void navigate({ to: '/pipelines/$id', params: { id: run.id }, search: { job: name }, replace: true })
  return (
    <div className="space-y-4">
      <PipelineHead run={run} />
      {run.problems.length > 0 && <Problems lines={run.problems} />}
      {run.jobs.length > 0 && (
        <Panel title={t('pipeline.graph')} aside={<span className="text-xs">{t('pipeline.graphHint')}</span>}>
          <JobGraph
            jobs={run.jobs}
            stages={run.stages}
            selected={shown?.name}
            named={jobName}
            onSelect={select}
          />
        </Panel>
      )}
      {shown && <JobPanel key={shown.id} job={shown} pipelineId={run.id} />}
      {run.excluded.length > 0 && <Excluded jobs={run.excluded} />}
    </div>
  )
}

/** Jobs that are written and not in this run: the question that every CI file raises. */
function Excluded({ jobs }: { readonly jobs: PipelineView['excluded'] }) {
  const { t } = useI18n()
  return (
    <Panel title={t('pipeline.excluded', { n: jobs.length })}>
      <details>
        <summary className="cursor-pointer text-soft">{t('pipeline.excludedWhy')}</summary>
        <ul className="mt-2 space-y-1">
          {jobs.map(({ name, at, reason }) => (
            <li key={`${name} ${at}`} className="break-words">
              <span className="font-medium">{name}</span> <code className="text-xs text-soft">{at}</code>
              <br />
              <span className="text-soft">{reason}</span>
            </li>
          ))}
        </ul>
      </details>
    </Panel>
  )
}

function Problems({ lines }: { readonly lines: readonly string[] }) {
  const { t } = useI18n()
  return (
    <Panel
      title={
        <span className="flex items-center gap-2 text-bad">
          <Icon name="alert" />
          {t('pipeline.problems')}
        </span>
      }
    >
      <pre className="overflow-x-auto font-mono text-xs leading-5 whitespace-pre-wrap">
        {lines.join('\n\n')}
      </pre>
    </Panel>
  )
}

const ORDER: readonly JobView['state'][] = ['failed', 'errored', 'waiting', 'running', 'ready']

function mostInteresting(jobs: readonly JobView[]): JobView | undefined {
  for (const state of ORDER) {
    const found = jobs.find(job => job.state === state && !job.allowFailure)
    if (found) return found
  }
  // All is well: the last that did something, or waits for somebody.
  return jobs.findLast(job => job.attempts.length > 0 || job.playable) ?? jobs.at(-1)
}
