import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useI18n } from '../i18n/index.tsx'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Problem } from './problem.tsx'

interface ConfirmProps {
  /** On the button, and on the one that confirms. */
  readonly label: ReactNode
  readonly ask: string
  readonly text: string
  readonly danger?: boolean
  /** Fields between the question and its buttons. */
  readonly children?: ReactNode
  readonly act: () => Promise<unknown>
}

/** A button whose act is asked about first; what the server says against it is shown in the question. */
export function Confirm({ label, ask, text, danger = false, act, children }: ConfirmProps) {
  const { t } = useI18n()
  const [open, setOpen] = useState(false)
  const acting = useMutation({ mutationFn: act, onSuccess: () => setOpen(false) })
  const close = () => {
    setOpen(false)
    acting.reset()
  }
  return (
    <>
      <Button look={danger ? 'danger' : 'plain'} onClick={() => setOpen(true)}>
        {label}
      </Button>
      {open && (
        <Dialog title={ask} onClose={close}>
          <p className="text-soft">{text}</p>
          {children && <div className="mt-4">{children}</div>}
          {acting.error && (
            <div className="mt-3">
              <Problem error={acting.error} />
            </div>
          )}
          <div className="mt-4 flex justify-end gap-2">
            {/* What changes nothing has the focus first. */}
            <Button ref={focusFirst} onClick={close}>
              {t('common.cancel')}
            </Button>
            <Button
              look={danger ? 'dangerMain' : 'main'}
              disabled={acting.isPending}
              onClick={() => acting.mutate()}
            >
              {label}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  )
}

/** React focuses by itself, and before the dialog is open; the attribute is for the browser, which does it then. */
function focusFirst(button: HTMLButtonElement | null): void {
  button?.setAttribute('autofocus', '')
}
