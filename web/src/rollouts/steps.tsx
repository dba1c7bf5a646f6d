import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Icon } from '../ui/icon.tsx'

type StepState = 'done' | 'now' | 'ahead'

const LOOK: Readonly<Record<StepState, string>> = {
  done: 'border-good text-good',
  now: 'border-accent text-accent ring-1 ring-accent',
  ahead: 'border-line text-soft',
}

/** What promotion is. */
const ALL: RolloutView['steps'][number] = { weight: 1, holdMs: 0 }

/** The shares a canary goes through, and where it is. */
export function Steps({ rollout }: { readonly rollout: RolloutView }) {
  const { t, format } = useI18n()
  const { steps, phase, step } = rollout
  const stateOf = (index: number): StepState => {
    if (phase === 'promoted') return 'done'
    if (phase !== 'progressing') return phase === 'aborted' && index < step ? 'done' : 'ahead'
    return index < step ? 'done' : index === step ? 'now' : 'ahead'
  }
  return (
    <ol aria-label={t('rollout.steps')} className="flex flex-wrap items-center gap-1.5 text-sm">
      {[...steps, ALL].map(({ weight, holdMs, shadow, regions }, index) => {
        const state = stateOf(index)
        return (
          <li
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place
            key={index}
            aria-current={state === 'now' ? 'step' : undefined}
            className="flex items-center gap-1.5"
          >
            {index > 0 && (
              <span className="text-soft">
                <Icon name="chevron" size={12} />
              </span>
            )}
            <span
              className={`tabular inline-flex items-center gap-1 rounded-md border px-2 py-0.5 font-medium ${LOOK[state]}`}
            >
              {state === 'done' && <Icon name="check" size={12} />}
              {shadow === undefined ? format.percent(weight) : t('shadow.step')}
              {shadow !== undefined && shadow < 1 && ` ${format.percent(shadow)}`}
              {regions && <span className="font-normal">{regions.join(', ')}</span>}
              {holdMs > 0 && (
                <span className="text-xs font-normal">
                  {t('rollout.hold', { time: format.duration(holdMs) })}
                </span>
              )}
            </span>
          </li>
        )
      })}
    </ol>
  )
}
