import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Icon } from '../ui/icon.tsx'
import { PHASE_LOOK, TONE_CLASS, type Tone, VERDICT_LOOK } from '../ui/tone.ts'
import { headlineOf } from './headline.ts'
import { Kept } from './kept.tsx'
import { Missing } from './missing.tsx'

/** Why it stands where it stands: large, in the reader's words, and below in the server's, with the figures. */
export function Sentence({ rollout }: { readonly rollout: RolloutView }) {
  const { t, format } = useI18n()
  const { tone, icon } = lookOf(rollout)
  return (
    <section
      aria-label={t('rollout.where')}
      className={`flex min-h-28 items-start gap-3 rounded-lg px-4 py-3 ${TONE_CLASS[tone]}`}
    >
      <span className="mt-1.5">
        <Icon name={icon} size={20} />
      </span>
      <div className="min-w-0 space-y-1.5">
        <p role="status" className="text-lg leading-snug font-semibold">
          {headlineOf(rollout, t, format)}
        </p>
        {rollout.reason && (
          <p className="tabular text-sm break-words text-ink" lang="en">
            {rollout.reason}
          </p>
        )}
        <Missing rollout={rollout} />
        <Kept rollout={rollout} />
      </div>
    </section>
  )
}

function lookOf({ phase, paused, closure, analysis }: RolloutView): {
  readonly tone: Tone
  readonly icon: (typeof PHASE_LOOK)[typeof phase]['icon']
} {
  const ended = phase === 'promoted' || phase === 'aborted'
  if (!ended && (paused || closure)) return { tone: 'warn', icon: 'pause' }
  if (phase !== 'progressing') return PHASE_LOOK[phase]
  return analysis ? VERDICT_LOOK[analysis.verdict] : PHASE_LOOK.progressing
}
