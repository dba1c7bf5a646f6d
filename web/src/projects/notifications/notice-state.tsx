import type { NoticeView } from '../../../../src/api/notify.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Ago } from '../../ui/time.tsx'

const LOOK = {
  waiting: { tone: 'warn', icon: 'dots' },
  sent: { tone: 'good', icon: 'check' },
  'given-up': { tone: 'bad', icon: 'alert' },
} as const

/** What became of a notice, and why where it was not taken. */
export function NoticeState({ notice }: { readonly notice: NoticeView }) {
  const { t } = useI18n()
  const { state, at, triedAt, problem } = notice
  return (
    <>
      <Badge {...LOOK[state]}>{t(`notice.${state}`)}</Badge>{' '}
      <span className="text-xs text-soft">
        <Ago at={triedAt ?? at} />
      </span>
      {problem && <div className="text-xs text-soft">{problem}</div>}
    </>
  )
}
