import { type ReactNode, useState } from 'react'
import { useI18n } from '../i18n/index.tsx'
import { Confirm } from '../ui/confirm.tsx'
import { Field } from '../ui/field.tsx'

/** As long as the server takes. */
const MAX_REASON = 500

interface ActProps {
  readonly label: ReactNode
  readonly ask: string
  readonly text: string
  readonly danger?: boolean
  readonly act: (given: { readonly reason?: string }) => Promise<unknown>
}

/** What somebody decides, asked about first, with room for the reason that is kept with it. */
export function Act({ act, ...question }: ActProps) {
  const { t } = useI18n()
  const [reason, setReason] = useState('')
  const given = reason.trim()
  return (
    <Confirm {...question} act={() => act(given ? { reason: given } : {})}>
      <Field
        label={t('rollout.why')}
        hint={t('rollout.whyHint')}
        maxLength={MAX_REASON}
        autoComplete="off"
        value={reason}
        onChange={event => setReason(event.target.value)}
      />
    </Confirm>
  )
}
