import type { MergeRequestView } from '../../../../src/api/triggers.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Badge } from '../../ui/badge.tsx'

const LOOK = {
  open: { tone: 'busy', icon: 'branch' },
  merged: { tone: 'good', icon: 'check' },
  closed: { tone: 'quiet', icon: 'cross' },
} as const

export function MergeRequestBadge({ state }: { readonly state: MergeRequestView['state'] }) {
  const { t } = useI18n()
  return <Badge {...LOOK[state]}>{t(`merges.state.${state}`)}</Badge>
}
