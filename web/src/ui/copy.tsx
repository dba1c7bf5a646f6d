import { useState } from 'react'
import { useI18n } from '../i18n/index.tsx'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

const SHOWN_MS = 1500

export function CopyButton({ text }: { readonly text: string }) {
  const { t } = useI18n()
  const [copied, setCopied] = useState(false)
  const copy = async () => {
    await copyText(text)
    setCopied(true)
    setTimeout(() => setCopied(false), SHOWN_MS)
  }
  return (
    <Button look="bare" onClick={() => void copy()}>
      <Icon name={copied ? 'check' : 'copy'} />
      <span aria-live="polite">{copied ? t('common.copied') : t('common.copy')}</span>
    </Button>
  )
}

/** The clipboard is for https and localhost only; elsewhere a selection is copied the old way. */
async function copyText(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text)
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  document.execCommand('copy')
  area.remove()
}

/** Lines to run or to paste, with a button that takes them. */
export function CodeLines({ text }: { readonly text: string }) {
  return (
    <div className="flex items-start justify-between gap-2 rounded-md border border-line bg-raised">
      <pre className="min-w-0 grow overflow-x-auto px-3 py-2 font-mono text-xs leading-5 text-ink">
        {text}
      </pre>
      <CopyButton text={text} />
    </div>
  )
}
