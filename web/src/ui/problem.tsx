import type { ReactNode } from 'react'
import { ApiError } from '../api/errors.ts'
import { useI18n } from '../i18n/index.tsx'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

interface ProblemProps {
  readonly error: unknown
  readonly onRetry?: () => void
}

/** An error of the API as it tells itself: what, and what to do about it. */
export function Problem({ error, onRetry }: ProblemProps) {
  const { t } = useI18n()
  const { message, hint } = textsOf(error, {
    OFFLINE: [t('common.offline'), t('common.offlineHint')],
    UNREADABLE: [t('common.unreadable'), t('common.unreadableHint')],
  })
  return (
    <div role="alert" className="flex items-start gap-2 rounded-md bg-bad-bg px-3 py-2 text-sm text-bad">
      <span className="mt-0.5">
        <Icon name="alert" />
      </span>
      <div className="min-w-0 grow break-words">
        <p className="font-medium">{message}</p>
        {hint && <p className="opacity-90">{hint}</p>}
      </div>
      {onRetry && <Button onClick={onRetry}>{t('common.tryAgain')}</Button>}
    </div>
  )
}

function textsOf(error: unknown, own: Readonly<Record<string, readonly [string, string]>>) {
  if (!(error instanceof ApiError)) return { message: String(error), hint: undefined }
  const known = own[error.code]
  return error.message === '' && known
    ? { message: known[0], hint: known[1] }
    : { message: error.message, hint: error.hint }
}

interface LoadedProps<T> {
  readonly query: { readonly data: T | undefined; readonly error: unknown; refetch(): unknown }
  readonly children: (data: T) => ReactNode
}

/** The data; what went wrong; or a quiet word that it is on its way. Known data stays while it is read again. */
export function Loaded<T>({ query, children }: LoadedProps<T>) {
  const { t } = useI18n()
  return (
    <>
      {query.error !== null && (
        <div className="mb-3">
          <Problem error={query.error} onRetry={() => void query.refetch()} />
        </div>
      )}
      {query.data !== undefined
        ? children(query.data)
        : query.error === null && <p className="p-3 text-sm text-soft">{t('app.loading')}</p>}
    </>
  )
}
