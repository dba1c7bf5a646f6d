import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ModelView } from '../../../src/api/views.ts'
import { lineage, versions } from '../api/queries.ts'
import { useI18n } from '../i18n/index.tsx'
import { shortCommit } from '../pipelines/names.ts'
import { Badge } from '../ui/badge.tsx'
import { Panel } from '../ui/panel.tsx'

/** Ancestors that are shown; `ballast lineage` tells all of them. */
const MAX_SHOWN = 5
/** Digits of a digest by which data are told apart. */
const SHOWN_DIGITS = 19

/** Where the version that serves came from; while none does, the latest. */
export function Lineage({ model }: { readonly model: ModelView }) {
  const { data: latest } = useQuery(versions(model.name, 1))
  const id = model.stable?.id ?? latest?.[0]?.id
  return id === undefined ? null : <Of key={id} id={id} />
}

function Of({ id }: { readonly id: string }) {
  const { t } = useI18n()
  const { data } = useQuery(lineage(id))
  if (!data) return null
  const { version, commit, ancestors, training, data: sets, imported } = data
  return (
    <Panel title={t('lineage.title', { number: version.number })}>
      <ol className="space-y-1.5 text-sm">
        <li>
          <span className="font-semibold">v{version.number}</span> <code>{shortCommit(commit)}</code>
        </li>
        {ancestors.slice(0, MAX_SHOWN).map(({ id: ancestor, number, commit: at, why, expired }, depth) => (
          <li key={ancestor} style={{ paddingLeft: `${depth + 1}rem` }} className="flex flex-wrap gap-x-2">
            <span aria-hidden="true" className="text-soft">
              ↳
            </span>
            <span className="font-medium">v{number}</span>
            <code>{shortCommit(at)}</code>
            <span className="text-soft">{t(`lineage.${why}`)}</span>
            {expired && <Badge tone="quiet">{t('version.expired')}</Badge>}
          </li>
        ))}
      </ol>
      <dl className="mt-3 space-y-1 text-sm text-soft">
        {training && (
          <div>
            {t('lineage.training')}{' '}
            <Link to="/pipelines/$id" params={{ id: training.pipeline }} className="hover:underline">
              {training.name}
            </Link>{' '}
            <code>{training.file}</code>
          </div>
        )}
        {sets.slice(0, MAX_SHOWN).map(({ role, path, digest }) => (
          <div key={`${role} ${path} ${digest}`} title={digest}>
            {t(`lineage.data.${role}`)} {path && <code>{path}</code>}{' '}
            <code>{digest.slice(0, SHOWN_DIGITS)}</code>
          </div>
        ))}
        {imported && <div>{t('lineage.imported', { server: imported.server, number: imported.number })}</div>}
      </dl>
    </Panel>
  )
}
