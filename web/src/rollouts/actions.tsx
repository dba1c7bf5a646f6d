import type { RolloutView } from '../../../src/api/views.ts'
import { useMayControl } from '../access/may.ts'
import { change } from '../api/http.ts'
import { useRefresh } from '../api/refresh.ts'
import { useI18n } from '../i18n/index.tsx'
import { Act } from './act.tsx'

type Verb = 'promote' | 'override' | 'pause' | 'resume' | 'abort'

interface RolloutActionsProps {
  readonly rollout: RolloutView
  /** Of the model: who may what is told by it. */
  readonly project: string
}

/** What this person may do about a rollout that is under way, now. */
export function RolloutActions({ rollout, project }: RolloutActionsProps) {
  const { t } = useI18n()
  const refresh = useRefresh(rollout.model)
  const may = useMayControl(project)
  const { candidate, phase, closure, paused } = rollout
  const { number } = candidate
  if (!may || rollout.endedAt !== null) return null
  const act = (verb: Verb) => async (given: { readonly reason?: string }) => {
    await change('POST', `/api/v1/rollouts/${encodeURIComponent(rollout.id)}/${verb}`, given)
    await refresh()
  }
  return (
    <>
      {paused ? (
        <Act
          label={t('rollout.resume')}
          ask={t('rollout.resumeAsk', { number })}
          text={t('rollout.resumeText')}
          act={act('resume')}
        />
      ) : (
        <Act
          label={t('rollout.pause')}
          ask={t('rollout.pauseAsk', { number })}
          text={t('rollout.pauseText')}
          act={act('pause')}
        />
      )}
      {closure && (
        <Act
          label={t('rollout.override')}
          ask={t('rollout.overrideAsk', { number })}
          text={t('rollout.overrideText')}
          act={act('override')}
        />
      )}
      {phase === 'progressing' && !closure && (
        <Act
          label={t('rollout.promote')}
          ask={t('rollout.promoteAsk', { number })}
          text={t('rollout.promoteText', { number })}
          act={act('promote')}
        />
      )}
      <Act
        danger
        label={t('rollout.abort')}
        ask={t('rollout.abortAsk', { number })}
        text={t('rollout.abortText')}
        act={act('abort')}
      />
    </>
  )
}
