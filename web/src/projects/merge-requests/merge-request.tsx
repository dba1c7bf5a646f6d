import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { MergeRequestView } from '../../../../src/api/triggers.ts'
import { change } from '../../api/http.ts'
import { mergeRequest } from '../../api/queries.ts'
import { type Translate, useI18n } from '../../i18n/index.tsx'
import { shortCommit } from '../../pipelines/names.ts'
import { Badge, StateBadge } from '../../ui/badge.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Loaded } from '../../ui/problem.tsx'
import { Ago } from '../../ui/time.tsx'
import { MergeRequestBadge } from './badge.tsx'
import { type Obstacle, obstaclesTo } from './obstacles.ts'

interface MergeRequestPageProps {
  readonly project: string
  readonly number: number
}

export function MergeRequestPage({ project, number }: MergeRequestPageProps) {
  return (
    <Loaded query={useQuery(mergeRequest(project, number))}>
      {request => <MergeRequest request={request} />}
    </Loaded>
  )
}

function MergeRequest({ request }: { readonly request: MergeRequestView }) {
  const { t } = useI18n()
  const { number, title, description, source, target, head, author, pipeline, draft } = request
  const name = (
    <>
      !{number} {title}
      <MergeRequestBadge state={request.state} />
      {draft && <Badge tone="quiet">{t('merges.draft')}</Badge>}
      {request.labels.map(label => (
        <Badge key={label} tone="quiet">
          {label}
        </Badge>
      ))}
    </>
  )
  return (
    <Panel title={name} aside={request.state === 'open' && <Actions request={request} />}>
      <div className="space-y-3">
        <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm text-soft">
          <span className="inline-flex items-center gap-1">
            <Icon name="branch" size={12} />
            <code>
              {source} → {target}
            </code>
          </span>
          <code title={head}>{shortCommit(head)}</code>
          <span>{t('common.by', { who: author })}</span>
          <Ago at={request.createdAt} />
        </p>
        {description && <p className="whitespace-pre-wrap break-words">{description}</p>}
        {pipeline && (
          <p className="flex items-center gap-2">
            <Link to="/pipelines/$id" params={{ id: pipeline.id }} className="font-medium hover:underline">
              {t('pipeline.title', { number: pipeline.number })}
            </Link>
            <StateBadge state={pipeline.state} />
          </p>
        )}
        {request.state === 'open' && <Obstacles list={obstaclesTo(request)} />}
      </div>
    </Panel>
  )
}

function Actions({
  request: { project, number, source, target, head },
}: {
  readonly request: MergeRequestView
}) {
  const { t } = useI18n()
  const client = useQueryClient()
  const act = async (verb: 'merge' | 'close', body: unknown) => {
    await change(
      'POST',
      `/api/v1/projects/${encodeURIComponent(project)}/merge-requests/${number}/${verb}`,
      body,
    )
    await client.invalidateQueries({ queryKey: ['merge-requests', project] })
  }
  return (
    <>
      <Confirm
        label={t('merges.merge')}
        ask={t('merges.mergeAsk', { number })}
        text={t('merges.mergeText', { source, target })}
        // What was looked at is what is merged.
        act={() => act('merge', { head })}
      />
      <Confirm
        danger
        label={t('merges.close')}
        ask={t('merges.closeAsk', { number })}
        text={t('merges.closeText')}
        act={() => act('close', {})}
      />
    </>
  )
}

function Obstacles({ list }: { readonly list: readonly Obstacle[] }) {
  const { t } = useI18n()
  if (list.length === 0)
    return (
      <p>
        <Badge tone="good" icon="check">
          {t('merges.ready')}
        </Badge>
      </p>
    )
  return (
    <ul aria-label={t('merges.inTheWay')} className="space-y-1">
      {list.map(obstacle => (
        <li key={obstacle.kind} className="flex items-start gap-2">
          <span className="mt-0.5 text-warn">
            <Icon name="alert" />
          </span>
          <span className="min-w-0 break-words">{obstacleText(t, obstacle)}</span>
        </li>
      ))}
    </ul>
  )
}

function obstacleText(t: Translate, obstacle: Obstacle): string {
  switch (obstacle.kind) {
    case 'draft':
      return t('merges.way.draft')
    case 'elsewhere':
      return t('merges.way.elsewhere', { external: obstacle.external })
    case 'no-pipeline':
      return t('merges.way.noPipeline')
    case 'pipeline':
      return t('merges.way.pipeline', { number: obstacle.number, state: t(`state.${obstacle.state}`) })
    case 'conflicts':
      return t('merges.way.conflicts', { paths: obstacle.paths.join(', ') })
    case 'no-target':
      return t('merges.way.noTarget')
  }
}
