import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { DeploymentLine } from '../../../src/api/deployments.ts'
import { deploymentHistory } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { RollBack } from '../rollouts/roll-back.tsx'
import { Button } from '../ui/button.tsx'
import { Panel } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { deciderOf } from './decider.ts'
import { EventBadge } from './event.tsx'
import type { DeploymentsSearch } from './search.ts'

/** All that ever got traffic, newest first, back to the first deployment. */
export function DeploymentHistory({ search }: { readonly search: DeploymentsSearch }) {
  const { t } = useI18n()
  const query = useInfiniteQuery(deploymentHistory(search))
  const columns = [
    t('deployments.when'),
    t('model.environment'),
    t('fleet.model'),
    t('deployments.what'),
    t('deployments.decided'),
    t('deployments.why'),
    '',
  ]
  return (
    <Panel title={t('deployments.history')} aside={t('deployments.kept')} flush>
      <Loaded query={query}>
        {({ pages }) => {
          const lines = pages.flatMap(({ entries }) => entries)
          if (lines.length === 0) return <p className="p-3 text-sm text-soft">{t('deployments.none')}</p>
          return (
            <>
              <Table label={t('deployments.history')} columns={columns}>
                {lines.map(line => (
                  <HistoryRow
                    key={`${line.at} ${line.environment} ${line.model} ${line.version.id} ${line.event}`}
                    line={line}
                  />
                ))}
              </Table>
              {query.hasNextPage && (
                <Button
                  look="bare"
                  disabled={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {t('common.more')}
                </Button>
              )}
            </>
          )
        }}
      </Loaded>
    </Panel>
  )
}

function HistoryRow({ line }: { readonly line: DeploymentLine }) {
  const { t, format } = useI18n()
  const { at, environment, project, model, version, before, weight, by, decision, rollout, reason } = line
  return (
    <Row>
      <Cell>
        <Ago at={at} />
        <div className="text-xs text-soft">{format.dateTime(at)}</div>
      </Cell>
      <Cell>
        <code>{environment}</code>
      </Cell>
      <Cell>
        <Link to="/models/$model" params={{ model }} className="hover:underline">
          {model}
        </Link>
      </Cell>
      <Cell>
        <span className="inline-flex items-center gap-2">
          <EventBadge event={line.event} rollback={line.rollback} />
          <span className="font-medium">
            {before && `v${before.number} → `}v{version.number}
          </span>
          {weight !== null && weight > 0 && weight < 1 && (
            <span className="text-xs">{format.percent(weight)}</span>
          )}
        </span>
      </Cell>
      <Cell wrap>
        {deciderOf(decision, t)}
        {decision.kind !== 'person' && <div className="text-xs text-soft">{t('log.asked', { who: by })}</div>}
      </Cell>
      <Cell wrap>
        <div className="max-w-lg text-soft" lang="en">
          {reason}
        </div>
        {rollout !== null && (
          <Link
            to="/models/$model/rollouts/$id"
            params={{ model, id: rollout }}
            className="text-xs text-accent underline"
          >
            {t('job.sawRollout')}
          </Link>
        )}
      </Cell>
      <Cell>
        {line.returnable && (
          <RollBack model={model} project={project} environment={environment} to={version.number} />
        )}
      </Cell>
    </Row>
  )
}
