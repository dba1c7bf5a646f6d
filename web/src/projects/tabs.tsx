import { Link } from '@tanstack/react-router'
import { useI18n } from '../i18n/index.tsx'

/** Parts of a project's page; each has an address of its own. */
export const TABS = [
  'pipelines',
  'merge-requests',
  'schedules',
  'environments',
  'policies',
  'releases',
  'notifications',
] as const
export type Tab = (typeof TABS)[number]

export interface ProjectSearch {
  readonly tab?: Exclude<Tab, 'pipelines'>
  /** Number of the merge request that is shown. */
  readonly merge?: number
}

/** What the address asks for; what it can't mean is passed over. */
export function projectSearch(search: Readonly<Record<string, unknown>>): ProjectSearch {
  const tab = TABS.find(each => each === search['tab'])
  if (tab === undefined || tab === 'pipelines') return {}
  const merge = search['merge']
  return tab === 'merge-requests' && typeof merge === 'number' && Number.isSafeInteger(merge) && merge > 0
    ? { tab, merge }
    : { tab }
}

export function Tabs({ project, shown }: { readonly project: string; readonly shown: Tab }) {
  const { t } = useI18n()
  return (
    <nav aria-label={project} className="mb-4 flex flex-wrap gap-1 border-b border-line">
      {TABS.map(tab => (
        <Link
          key={tab}
          to="/projects/$"
          params={{ _splat: project }}
          search={tab === 'pipelines' ? {} : { tab }}
          aria-current={tab === shown ? 'page' : undefined}
          className={`-mb-px border-b-2 px-2.5 py-1.5 text-sm font-medium ${tab === shown ? 'border-accent text-ink' : 'border-transparent text-soft hover:text-ink'}`}
        >
          {t(`tab.${tab}`)}
        </Link>
      ))}
    </nav>
  )
}
