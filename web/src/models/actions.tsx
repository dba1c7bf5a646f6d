import { useQueryClient } from '@tanstack/react-query'
import type { RolloutView } from '../../../src/api/views.ts'
import { change } from '../api/http.ts'
import { useI18n } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Icon } from '../ui/icon.tsx'

interface RollBackProps {
  readonly model: string
  readonly to: number
}

export function RollBack({ model, to }: RollBackProps) {
  const { t } = useI18n()
  const refresh = useRefresh(model)
  const act = async () => {
    await change('POST', `/api/v1/models/${encodeURIComponent(model)}/rollback`, { version: to })
    await refresh()
  }
  return (
    <Confirm
      danger
      label={
        <>
          <Icon name="undo" />
          {t('model.rollBackTo', { number: to })}
        </>
      }
      ask={t('model.rollBackAsk', { model, number: to })}
      text={t('model.rollBackText', { number: to })}
      act={act}
    />
  )
}

export function RolloutActions({ rollout }: { readonly rollout: RolloutView }) {
  const { t } = useI18n()
  const refresh = useRefresh(rollout.model)
  const { number } = rollout.candidate
  const act = async (verb: 'promote' | 'override' | 'abort') => {
    await change('POST', `/api/v1/rollouts/${rollout.id}/${verb}`, verb === 'promote' ? undefined : {})
    await refresh()
  }
  return (
    <>
      {rollout.closure && (
        <Confirm
          label={t('rollout.override')}
          ask={t('rollout.overrideAsk', { number })}
          text={t('rollout.overrideText')}
          act={() => act('override')}
        />
      )}
      {rollout.phase === 'progressing' && !rollout.closure && (
        <Confirm
          label={t('rollout.promote')}
          ask={t('rollout.promoteAsk', { number })}
          text={t('rollout.promoteText', { number })}
          act={() => act('promote')}
        />
      )}
      {rollout.endedAt === null && (
        <Confirm
          danger
          label={t('rollout.abort')}
          ask={t('rollout.abortAsk', { number })}
          text={t('rollout.abortText')}
          act={() => act('abort')}
        />
      )}
    </>
  )
}

/** The stream of changes tells it as well; whoever acted sees it at once. */
function useRefresh(model: string): () => Promise<void> {
  const client = useQueryClient()
  return async () => {
    await Promise.all(
      [['model', model], ['rollouts', model], ['versions', model], ['models']].map(queryKey =>
        client.invalidateQueries({ queryKey }),
      ),
    )
  }
}
