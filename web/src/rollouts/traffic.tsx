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
        {rollout.stable && rollout.steps.length > 0 && <Steps rollout={rollout} />}
      </div>
    </Panel>
  )
}
