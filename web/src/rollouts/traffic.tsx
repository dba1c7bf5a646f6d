import type { ModelView, RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Panel } from '../ui/panel.tsx'
import { Shares } from '../ui/shares.tsx'
import { Steps } from './steps.tsx'

interface RolloutTrafficProps {
  readonly rollout: RolloutView
  /** What its environment serves now. */
  readonly traffic: ModelView['traffic']
}

/** Each version's share now, and the steps on the way. */
export function RolloutTraffic({ rollout, traffic }: RolloutTrafficProps) {
  const { t, format } = useI18n()
  return (
    <Panel
      title={t('model.traffic')}
      aside={
        <span className="tabular">
          {t('rollout.rate', { rate: format.number(rollout.trafficPerSecond) })}
        </span>
      }
    >
      <div className="space-y-4">
        <Shares parts={traffic} />
        <Shadow rollout={rollout} />
        {rollout.stable && rollout.steps.length > 0 && <Steps rollout={rollout} />}
      </div>
    </Panel>
  )
}

/** The candidate beside those who answer: its share is of the same requests, not of the answers. */
function Shadow({ rollout: { phase, step, steps, candidate } }: Pick<RolloutTrafficProps, 'rollout'>) {
  const { t, format } = useI18n()
  const share = steps[step]?.shadow
  if (phase !== 'progressing' || share === undefined) return null
  return (
    <div>
      <div aria-hidden="true" className="h-1.5 overflow-hidden rounded bg-quiet-bg">
        <div className="hatched h-full text-warn" style={{ width: `${share * 100}%` }} />
      </div>
      <p className="mt-1.5 flex flex-wrap items-center gap-1.5 text-sm">
        <span aria-hidden="true" className="hatched size-2.5 rounded-sm text-warn" />
        {t('arm.shadow')} <span className="font-medium">v{candidate.number}</span>
        <span className="tabular text-soft">{format.percent(share)}</span>
        <span className="text-soft">{t('shadow.beside')}</span>
      </p>
    </div>
  )
}
