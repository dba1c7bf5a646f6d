import type { Preview } from '../../../../src/api/agents/disagreements.ts'
import { useI18n } from '../../i18n/index.tsx'
import { shownOf } from './shown.ts'

export function PreviewOf({
  preview,
  name,
}: {
  readonly preview: Preview | undefined
  readonly name: string
}) {
  const { t, format } = useI18n()
  const shown = shownOf(preview)
  switch (shown.kind) {
    case 'image':
      return (
        <img
          src={shown.src}
          alt={name}
          className="max-h-40 max-w-full rounded border border-line bg-raised [image-rendering:pixelated]"
        />
      )
    case 'text':
      return <p className="max-h-40 overflow-y-auto text-sm break-words whitespace-pre-wrap">{shown.text}</p>
    case 'row':
      return (
        <dl className="grid max-h-40 grid-cols-[auto_1fr] gap-x-3 overflow-y-auto text-xs">
          {shown.cells.map(([column, value]) => (
            <div key={column} className="contents">
              <dt className="text-soft">{column}</dt>
              <dd className="tabular break-words">{value}</dd>
            </div>
          ))}
        </dl>
      )
    case 'json':
      return (
        <pre className="max-h-40 overflow-auto rounded bg-raised p-2 font-mono text-xs">{shown.text}</pre>
      )
    case 'withheld':
      return <p className="text-sm text-soft">{t('disagree.withheld', { why: shown.why })}</p>
    case 'described':
      return (
        <p className="text-sm break-words text-soft">
          {shown.contentType}, {format.bytes(shown.bytes)} <code className="text-xs">{shown.digest}</code>
        </p>
      )
    case 'nothing':
      return <p className="text-sm text-soft">{t('disagree.notKept')}</p>
  }
}
