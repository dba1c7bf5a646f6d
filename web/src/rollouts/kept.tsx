import type { RolloutView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'

/** Who paused it, what calendar keeps it, and who let it go on all the same. */
export function Kept({ rollout: { closure, override, paused, endedAt } }: { readonly rollout: RolloutView }) {
  const { t, format } = useI18n()
  const until = (time: string | null) =>
    time === null ? t('rollout.keptForever') : t('rollout.keptUntil', { time: format.dateTime(time) })
  return (
    <>
      {paused && endedAt === null && (
        <p className="text-sm">
          {t('rollout.pausedBy', { who: paused.by })}{' '}
          {paused.until === null ? t('rollout.pausedOpen') : until(paused.until)}{' '}
          {paused.reason && <q>{paused.reason}</q>}
        </p>
      )}
      {override && (
        <p className="text-sm text-soft">
          {t('rollout.overridden', { who: override.by })} {override.reason && <q>{override.reason}</q>}
        </p>
      )}
      {closure && !override && (
        <p className="text-sm">
          {t(closure.kind === 'frozen' ? 'rollout.frozen' : 'rollout.outOfSchedule', {
            window: closure.window,
          })}{' '}
          {until(closure.until)}
        </p>
      )}
    </>
  )
}
