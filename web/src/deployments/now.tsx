import { Link } from '@tanstack/react-router'
import type { ServingNow } from '../../../src/api/deployments.ts'
import { useI18n } from '../i18n/index.tsx'
import { RollBack } from '../rollouts/roll-back.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'
import { Ago } from '../ui/time.tsx'
import { deciderOf } from './decider.ts'

/** What serves in each environment, since when and by whose decision. */
export function Now({ list }: { readonly list: readonly ServingNow[] }) {
  const { t } = useI18n()
  const columns = [
    t('model.environment'),
    t('fleet.model'),
    t('model.version'),
    t('deployments.since'),
    t('deployments.decided'),
    t('deployments.why'),
    '',
  ]
  return (
    <Panel title={t('deployments.now')} flush>
      {list.length === 0 ? (
        <p className="p-3 text-sm text-soft">{t('fleet.nothingLive')}</p>
      ) : (
        <Table label={t('deployments.now')} columns={columns}>
          {list.map(each => (
            <NowRow key={`${each.environment} ${each.model}`} serving={each} />
          ))}
        </Table>
      )}
    </Panel>
  )
}

function NowRow({ serving }: { readonly serving: ServingNow }) {
  const { t, format } = useI18n()
  const { project, model, environment, version, since, previous, served } = serving
  const held = previous?.heldUntil ?? null
  return (
    <Row>
      <Cell>
        <code>{environment}</code>
      </Cell>
      <Cell>
        <Link to="/models/$model" params={{ model }} className="font-semibold hover:underline">
          {model}
        </Link>
      </Cell>
      <Cell>
        <span className="font-semibold">v{version.number}</span>
        {previous && held !== null && Date.parse(held) > Date.now() && (
          <div className="text-xs text-soft">
            {t('model.heldUntil', { number: previous.number, time: format.dateTime(held) })}
          </div>
        )}
      </Cell>
      <Cell>
        <Ago at={since} />
      </Cell>
      <Cell>{served ? deciderOf(served.decision, t) : '–'}</Cell>
      <Cell wrap>
        <span className="text-soft">{served?.reason}</span>
      </Cell>
      <Cell>
        {previous && (
          <RollBack model={model} project={project} environment={environment} to={previous.number} />
        )}
      </Cell>
    </Row>
  )
}
