import { useMayControl } from '../access/may.ts'
import { change } from '../api/http.ts'
import { useRefresh } from '../api/refresh.ts'
import { useI18n } from '../i18n/index.tsx'
import { Icon } from '../ui/icon.tsx'
import { Act } from './act.tsx'

interface RollBackProps {
  readonly model: string
  readonly project: string
  readonly environment: string
  readonly to: number
}

/** Nothing for those who may not. */
export function RollBack({ model, project, environment, to }: RollBackProps) {
  const { t } = useI18n()
  const refresh = useRefresh(model)
  const may = useMayControl(project)
  if (!may) return null
  return (
    <Act
      danger
      label={
        <>
          <Icon name="undo" />
          {t('model.rollBackTo', { number: to })}
        </>
      }
      ask={t('model.rollBackAsk', { model, number: to })}
      text={t('model.rollBackText', { number: to })}
      act={async given => {
        const path = `/api/v1/models/${encodeURIComponent(model)}/rollback`
        await change('POST', path, { version: to, environment, ...given })
        await refresh()
      }}
    />
  )
}
