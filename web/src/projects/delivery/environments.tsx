import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { EnvironmentView } from '../../../../src/api/delivery.ts'
import { change } from '../../api/http.ts'
import { environments } from '../../api/queries.ts'
import { useI18n } from '../../i18n/index.tsx'
import { shortCommit, shortRef } from '../../pipelines/names.ts'
import { Badge } from '../../ui/badge.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { Cell, Row } from '../../ui/table.tsx'
import { Ago } from '../../ui/time.tsx'
import { Listed } from '../listed.tsx'
import { OutsideLink } from './outside-link.tsx'

export function Environments({ project }: { readonly project: string }) {
  const { t } = useI18n()
  const columns = [
    t('model.environment'),
    t('pipelines.state'),
    t('environments.deployment'),
    t('pipelines.ref'),
    t('environments.autoStop'),
    '',
  ]
  return (
    <Listed
      query={useQuery(environments(project))}
      label={t('tab.environments')}
      columns={columns}
      empty={{ title: t('environments.empty'), text: t('environments.emptyText') }}
      row={environment => <EnvironmentRow key={environment.id} project={project} environment={environment} />}
    />
  )
}

const LOOK = {
  available: { tone: 'good', icon: 'check' },
  stopping: { tone: 'busy', icon: 'spinner' },
  stopped: { tone: 'quiet', icon: 'stop' },
} as const

interface EnvironmentRowProps {
  readonly project: string
  readonly environment: EnvironmentView
}

function EnvironmentRow({ project, environment }: EnvironmentRowProps) {
  const { t } = useI18n()
  const client = useQueryClient()
  const { id, name, state, url, model, lastDeployment: last } = environment
  const stop = async () => {
    await change('POST', `/api/v1/environments/${encodeURIComponent(id)}/stop`)
    await client.invalidateQueries({ queryKey: ['environments', project] })
  }
  return (
    <Row>
      <Cell>
        <div className="flex items-center gap-2">
          <span className="font-medium">{name}</span>
          {environment.protected && <Badge tone="quiet">{t('environments.protected')}</Badge>}
        </div>
        {model && (
          <div className="text-xs text-soft">
            {t('environments.preview', { model: model.name, version: model.version ?? '–' })}
          </div>
        )}
        {model && state === 'available' && <code className="text-xs text-soft">{url}</code>}
        {!model && url && <OutsideLink url={url}>{url}</OutsideLink>}
      </Cell>
      <Cell wrap>
        <Badge {...LOOK[state]}>{t(`environments.state.${state}`)}</Badge>
        {environment.reason && <div className="text-xs text-soft">{environment.reason}</div>}
      </Cell>
      <Cell>
        {last ? (
          <>
            <Link
              to="/pipelines/$id"
              params={{ id: last.pipeline.id }}
              search={{ job: last.job.name }}
              className="font-medium hover:underline"
            >
              #{last.pipeline.number} {last.job.name}
            </Link>
            <div className="text-xs text-soft">
              <code>{shortCommit(last.commit)}</code> · {t('common.by', { who: last.by })} ·{' '}
              <Ago at={last.at} />
            </div>
          </>
        ) : (
          '–'
        )}
      </Cell>
      <Cell mono>{shortRef(environment.ref)}</Cell>
      <Cell>{environment.autoStopAt && <Ago at={environment.autoStopAt} />}</Cell>
      <Cell>
        {state === 'available' && (
          <Confirm
            danger
            label={t('environments.stop')}
            ask={t('environments.stopAsk', { name })}
            text={stopText(environment, t)}
            act={stop}
          />
        )}
      </Cell>
    </Row>
  )
}

function stopText({ stopJob, model }: EnvironmentView, t: ReturnType<typeof useI18n>['t']): string {
  if (model) return t('environments.stopPreview', { model: model.name })
  return stopJob ? t('environments.stopText', { job: stopJob.name }) : t('environments.stopAlone')
}
