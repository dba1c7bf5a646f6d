import { useQuery } from '@tanstack/react-query'
import type { ModelView } from '../../../src/api/views.ts'
import { models } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { PageHead } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { Table } from '../ui/table.tsx'
import { GettingStarted } from './getting-started.tsx'
import { ModelRow } from './model-row.tsx'

export function FleetPage() {
  const { t } = useI18n()
  return (
    <>
      <PageHead title={t('fleet.title')} />
      <Loaded query={useQuery(models)}>
        {list => (list.length === 0 ? <GettingStarted /> : <Models list={list} />)}
      </Loaded>
    </>
  )
}

function Models({ list }: { readonly list: readonly ModelView[] }) {
  const { t } = useI18n()
  const columns = [
    t('fleet.model'),
    t('fleet.version'),
    t('fleet.health'),
    t('fleet.rollout'),
    t('fleet.rate'),
    t('fleet.latency'),
    t('fleet.errors'),
    t('fleet.pipeline'),
  ]
  return (
    <div className="overflow-x-auto rounded-lg border border-line bg-surface">
      <Table label={t('fleet.title')} columns={columns}>
        {list.map(model => (
          <ModelRow key={model.name} model={model} />
        ))}
      </Table>
    </div>
  )
}
