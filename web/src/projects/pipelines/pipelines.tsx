import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import type { ProjectView } from '../../../../src/api/views.ts'
import { MAX_PAGE_SIZE, PAGE_SIZE, pipelines } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Button } from '../../ui/button.tsx'
import { CodeLines } from '../../ui/copy.tsx'
import { Empty } from '../../ui/panel.tsx'
import { Loaded } from '../../ui/problem.tsx'
import { PipelineTable } from './pipeline-table.tsx'

export function Pipelines({ project: { name, remote, defaultBranch } }: { readonly project: ProjectView }) {
  const { t } = useI18n()
  const [limit, setLimit] = useState(PAGE_SIZE)
  const query = useQuery(pipelines(name, limit))
  return (
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
            {list.length === limit && limit < MAX_PAGE_SIZE && (
              <Button className="mt-3" onClick={() => setLimit(Math.min(MAX_PAGE_SIZE, limit * 2))}>
                {t('common.more')}
              </Button>
            )}
          </>
        )
      }
    </Loaded>
  )
}
