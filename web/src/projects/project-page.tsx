import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ProjectView } from '../../../src/api/views.ts'
import { PAGE_SIZE, pipelines, project } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { Button } from '../ui/button.tsx'
import { CodeLines, CopyButton } from '../ui/copy.tsx'
import { Empty, PageHead } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { PipelineTable } from './pipeline-table.tsx'
import { RunPipeline } from './run-pipeline.tsx'

/** As many as the server gives at once. */
const MAX_SHOWN = 100

export function ProjectPage({ name }: { readonly name: string }) {
  return <Loaded query={useQuery(project(name))}>{found => <Project project={found} />}</Loaded>
}

function Project({ project: { name, remote, defaultBranch } }: { readonly project: ProjectView }) {
  const { t } = useI18n()
  const [limit, setLimit] = useState(PAGE_SIZE)
  const [running, setRunning] = useState(false)
  const query = useQuery(pipelines(name, limit))
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
      <Loaded query={query}>
        {list =>
          list.length === 0 ? (
            <Empty title={t('pipelines.empty')}>
              <p>{t('pipelines.emptyText')}</p>
              <CodeLines text={`git remote add ballast ${remote}\ngit push ballast ${defaultBranch}`} />
              <p className="text-xs">{t('fleet.startHint')}</p>
            </Empty>
          ) : (
            <>
              <PipelineTable list={list} />
              {list.length === limit && limit < MAX_SHOWN && (
                <Button className="mt-3" onClick={() => setLimit(Math.min(MAX_SHOWN, limit * 2))}>
                  {t('common.more')}
                </Button>
              )}
            </>
          )
        }
      </Loaded>
    </>
  )
}
