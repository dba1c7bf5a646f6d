import { useId, useState } from 'react'
import type { ModelView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Button } from '../../ui/button.tsx'
import { INPUT } from '../../ui/field.tsx'
import { sampleRequest } from './sample.ts'

interface JsonEditorProps {
  readonly inputs: ModelView['inputs']
  readonly onSend: (body: string) => void
  readonly busy: boolean
}

export function JsonEditor({ inputs, onSend, busy }: JsonEditorProps) {
  const { t } = useI18n()
  const id = useId()
  const [text, setText] = useState(() => sampleRequest(inputs) ?? '{\n  "inputs": []\n}')
  const wrong = jsonError(text)
  return (
    <div className="space-y-2">
      <label htmlFor={id} className="block text-xs text-soft">
        {t('try.request')}
      </label>
      <textarea
        id={id}
        rows={9}
        spellCheck={false}
        value={text}
        aria-invalid={wrong !== undefined}
        aria-describedby={`${id}-wrong`}
        onChange={event => setText(event.target.value)}
        className={`${INPUT} font-mono text-xs`}
      />
      <p id={`${id}-wrong`} className="text-xs text-bad">
        {wrong}
      </p>
      <Button look="main" disabled={busy || wrong !== undefined} onClick={() => onSend(text)}>
        {t('try.send')}
      </Button>
    </div>
  )
}

function jsonError(text: string): string | undefined {
  try {
    JSON.parse(text)
    return undefined
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
