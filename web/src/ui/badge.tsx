import type { ReactNode } from 'react'
import type { ModelView, RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Icon, type IconName } from './icon.tsx'
import {
  HEALTH_LOOK,
  PHASE_LOOK,
  STATE_LOOK,
  type State,
  TONE_CLASS,
  type Tone,
  VERDICT_LOOK,
  type Verdict,
} from './tone.ts'

interface BadgeProps {
  readonly tone: Tone
  readonly icon?: IconName
  readonly children: ReactNode
  readonly title?: string
}

/** State by icon, colour and word: never by colour alone. */
export function Badge({ tone, icon, children, title }: BadgeProps) {
  return (
    <span
      title={title}
      className={`inline-flex items-center gap-1 rounded px-1.5 py-0.5 text-xs font-medium whitespace-nowrap ${TONE_CLASS[tone]}`}
    >
      {icon && <Icon name={icon} size={12} />}
      {children}
    </span>
  )
}

export function StateBadge({ state }: { readonly state: State }) {
  const { t } = useI18n()
  return <Badge {...STATE_LOOK[state]}>{t(`state.${state}`)}</Badge>
}

export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  const { t } = useI18n()
  return <Badge {...VERDICT_LOOK[verdict]}>{t(`verdict.${verdict}`)}</Badge>
}

export function PhaseBadge({ phase }: { readonly phase: RolloutView['phase'] }) {
  const { t } = useI18n()
  return <Badge {...PHASE_LOOK[phase]}>{t(`phase.${phase}`)}</Badge>
}

export function HealthBadge({ health }: { readonly health: ModelView['health'] }) {
  const { t } = useI18n()
  return <Badge {...HEALTH_LOOK[health]}>{t(`health.${health}`)}</Badge>
}

export function UnsandboxedBadge() {
  const { t } = useI18n()
  return (
    <Badge tone="warn" icon="alert" title={t('pipeline.unsandboxedText')}>
      {t('pipeline.unsandboxed')}
    </Badge>
  )
}
