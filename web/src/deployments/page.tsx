import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useId } from 'react'
import { deploymentsNow } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { PageHead } from '../ui/panel.tsx'
import { Loaded } from '../ui/problem.tsx'
import { DeploymentHistory } from './history.tsx'
import { Now } from './now.tsx'
import type { DeploymentsSearch } from './search.ts'

export function DeploymentsPage({ search }: { readonly search: DeploymentsSearch }) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const query = useQuery(deploymentsNow)
  const places = query.data?.now ?? []
  const choose = (change: { readonly [Key in keyof DeploymentsSearch]: string }) => {
    const { environment, model } = { ...search, ...change }
    void navigate({
      to: '/deployments',
      search: { ...(environment && { environment }), ...(model && { model }) },
    })
  }
  const isShown = (place: (typeof places)[number]) =>
    (search.environment === undefined || place.environment === search.environment) &&
    (search.model === undefined || place.model === search.model)
  return (
    <>
      <PageHead
        title={t('deployments.title')}
        actions={
          <>
            <Choice
              label={t('model.environment')}
              all={t('deployments.allEnvironments')}
              value={search.environment}
              options={places.map(({ environment }) => environment)}
              onChoose={environment => choose({ environment })}
            />
            <Choice
              label={t('fleet.model')}
              all={t('deployments.allModels')}
              value={search.model}
              options={places.map(({ model }) => model)}
              onChoose={model => choose({ model })}
            />
          </>
        }
      />
      <div className="space-y-4">
        <Loaded query={query}>{({ now }) => <Now list={now.filter(isShown)} />}</Loaded>
        <DeploymentHistory search={search} />
      </div>
    </>
  )
}

interface ChoiceProps {
  readonly label: string
  /** What no choice is called. */
  readonly all: string
  readonly value: string | undefined
  readonly options: readonly string[]
  readonly onChoose: (value: string) => void
}

function Choice({ label, all, value = '', options, onChoose }: ChoiceProps) {
  const id = useId()
  // What the address names is there, though nothing serves of it now.
  const names = [...new Set([...options, ...(value ? [value] : [])])].sort()
  return (
    <span className="flex items-center gap-2 text-sm">
      <label htmlFor={id} className="text-soft">
        {label}
      </label>
      <select
        id={id}
        value={value}
        onChange={event => onChoose(event.target.value)}
        className="rounded-md border border-line bg-surface px-2 py-1 text-ink"
      >
        <option value="">{all}</option>
        {names.map(name => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
    </span>
  )
}
