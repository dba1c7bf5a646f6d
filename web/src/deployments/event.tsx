import type { DeploymentLine } from '../../../src/api/deployments.ts'
import { useI18n } from '../i18n/index.tsx'
import { Badge } from '../ui/badge.tsx'
import type { Tone } from '../ui/tone.ts'

type Event = Pick<DeploymentLine, 'event' | 'rollback'>

const TONE: Readonly<Record<Event['event'], Tone>> = {
  served: 'good',
  canary: 'warn',
  aborted: 'bad',
  set: 'quiet',
  removed: 'quiet',
}

export function EventBadge({ event, rollback }: Event) {
  const { t } = useI18n()
  return (
    <Badge tone={TONE[event]}>{rollback && event === 'served' ? t('log.rollback') : t(`log.${event}`)}</Badge>
  )
}
