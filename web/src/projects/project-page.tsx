import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import type { ProjectView } from '../../../src/api/views.ts'
import { project } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Button } from '../ui/button.tsx'
import { CopyButton } from '../ui/copy.tsx'
import { PageHead } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Environments } from './delivery/environments.tsx'
import { Releases } from './delivery/releases.tsx'
import { MergeRequestPage } from './merge-requests/merge-request.tsx'
import { MergeRequests } from './merge-requests/merge-requests.tsx'
import { Channels } from './notifications/channels.tsx'
import { Pipelines } from './pipelines/pipelines.tsx'
import { RunPipeline } from './pipelines/run-pipeline.tsx'
import { Policies } from './policies/policies.tsx'
import { Schedules } from './schedules/schedules.tsx'
import { type ProjectSearch, type Tab, Tabs } from './tabs.tsx'

interface ProjectPageProps {
  readonly name: string
  readonly search: ProjectSearch
}

export function ProjectPage({ name, search }: ProjectPageProps) {
  return (
    <Loaded query={useQuery(project(name))}>{found => <Project project={found} search={search} />}</Loaded>
  )
}

interface ProjectProps {
  readonly project: ProjectView
  readonly search: ProjectSearch
}

function Project({ project: found, search }: ProjectProps) {
  const { name, remote, defaultBranch } = found
  const { t } = useI18n()
  const [running, setRunning] = useState(false)
  const tab = search.tab ?? 'pipelines'
  const shown: Readonly<Record<Tab, () => ReactNode>> = {
    pipelines: () => <Pipelines project={found} />,
    'merge-requests': () =>
      search.merge === undefined ? (
        <MergeRequests project={name} />
      ) : (
        <MergeRequestPage key={search.merge} project={name} number={search.merge} />
      ),
    schedules: () => <Schedules project={found} />,
    environments: () => <Environments project={name} />,
    policies: () => <Policies project={name} />,
    releases: () => <Releases project={name} />,
    notifications: () => <Channels project={name} />,
  }
  const sub = (
    <>
      <span className="inline-flex items-center font-mono text-xs">
        {remote} <CopyButton text={remote} />
      </span>
      <span>
        {t('projects.branch')} <code>{defaultBranch}</code>
      </span>
    </>
  )
  return (
    <>
      <PageHead
        title={name}
        sub={sub}
        actions={<Button onClick={() => setRunning(true)}>{t('pipeline.run')}</Button>}
      />
      {running && (
        <RunPipeline project={name} defaultBranch={defaultBranch} onClose={() => setRunning(false)} />
      )}
      <Tabs project={name} shown={tab} />
      {shown[tab]()}
    </>
  )
}
