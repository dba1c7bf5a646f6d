import { Link } from '@tanstack/react-router'
import type { PipelineSummary } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { shortCommit, shortRef } from '../../pipelines/names.ts'
import { StateBadge } from '../../ui/badge.tsx'
import { Cell, Row, Table } from '../../ui/table.tsx'
import { Ago, Elapsed } from '../../ui/time.tsx'

export function PipelineTable({ list }: { readonly list: readonly PipelineSummary[] }) {
  const { t } = useI18n()
  const columns = [
    t('pipelines.number'),
    t('pipelines.state'),
    t('pipelines.commit'),
    t('pipelines.ref'),
    t('pipelines.when'),
    t('pipelines.duration'),
  ]
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface">
      <Table label={t('pipelines.title')} columns={columns}>
        {list.map(run => (
          <Row key={run.id}>
            <Cell>
              <Link
                to="/pipelines/$id"
                params={{ id: run.id }}
                className="font-semibold hover:underline"
                aria-label={t('pipeline.title', { number: run.number })}
              >
                #{run.number}
              </Link>
            </Cell>
            <Cell>
              <StateBadge state={run.waiting ? 'waiting' : run.state} />
            </Cell>
            <Cell>
              <div className="max-w-md truncate">{run.title}</div>
              <div className="text-xs text-soft">
                <code>{shortCommit(run.commit)}</code> · {t('common.by', { who: run.by })}
              </div>
            </Cell>
            <Cell mono>{shortRef(run.ref)}</Cell>
            <Cell>
              <Ago at={run.createdAt} />
            </Cell>
            <Cell>
              <Elapsed from={run.createdAt} to={run.endedAt} />
            </Cell>
          </Row>
        ))}
      </Table>
    </div>
  )
}
