import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import type { MergeRequestView } from '../../../../src/api/triggers.ts'
import { mergeRequests } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Badge, StateBadge } from '../../ui/badge.tsx'
import { Cell, Row } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { Listed } from '../listed.tsx'
import { MergeRequestBadge } from './badge.tsx'

export function MergeRequests({ project }: { readonly project: string }) {
  const { t } = useI18n()
  const [all, setAll] = useState(false)
  const columns = [
    t('merges.request'),
    t('merges.title'),
    t('merges.branches'),
    t('fleet.pipeline'),
    t('common.created'),
  ]
  return (
    <>
      <label className="mb-3 flex items-center justify-end gap-1.5 text-sm text-soft">
        <input type="checkbox" checked={all} onChange={event => setAll(event.target.checked)} />
        {t('merges.showAll')}
      </label>
      <Listed
        query={useQuery(mergeRequests(project, all ? 'all' : 'open'))}
        label={t('tab.merge-requests')}
        columns={columns}
        empty={{ title: t('merges.empty'), text: t('merges.emptyText') }}
        row={request => <MergeRequestRow key={request.number} request={request} />}
      />
    </>
  )
}

function MergeRequestRow({ request }: { readonly request: MergeRequestView }) {
  const { t } = useI18n()
  const { number, project, title, source, target, author, pipeline, draft } = request
  return (
    <Row>
      <Cell>
        <Link
          to="/projects/$"
          params={{ _splat: project }}
          search={{ tab: 'merge-requests', merge: number }}
          className="font-semibold hover:underline"
          aria-label={t('merges.number', { number })}
        >
          !{number}
        </Link>
      </Cell>
      <Cell>
        <div className="flex items-center gap-2">
          <span className="max-w-md truncate">{title}</span>
          <MergeRequestBadge state={request.state} />
          {draft && <Badge tone="quiet">{t('merges.draft')}</Badge>}
        </div>
        <div className="text-xs text-soft">{t('common.by', { who: author })}</div>
      </Cell>
      <Cell mono>
        {source} → {target}
      </Cell>
      <Cell>
        {pipeline && (
          <Link to="/pipelines/$id" params={{ id: pipeline.id }} className="inline-flex items-center gap-1.5">
            #{pipeline.number} <StateBadge state={pipeline.state} />
          </Link>
        )}
      </Cell>
      <Cell>
        <Ago at={request.createdAt} />
      </Cell>
    </Row>
  )
}
