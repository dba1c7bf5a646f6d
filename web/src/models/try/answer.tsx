import { useI18n } from '../../i18n/index.tsx'
import { Badge } from '../../ui/badge.tsx'
import type { Answer } from './ask.ts'

export function AnswerView({ answer }: { readonly answer: Answer }) {
  const { t, format } = useI18n()
  const { classes, version, arm, ms } = answer
  return (
    <>
      {classes && (
        <div>
          <p className="flex items-baseline gap-2">
            <span className="text-3xl font-semibold tracking-tight" data-testid="label">
              {classes.label}
            </span>
            {classes.score !== undefined && (
              <span className="text-soft">{format.percent(classes.score)}</span>
            )}
          </p>
          <ul className="mt-2 space-y-1">
            {classes.top.map(({ label, score }) => (
              <li key={label} className="grid grid-cols-[4rem_1fr_4rem] items-center gap-2 text-xs">
                <span className="truncate" title={label}>
                  {label}
                </span>
                <span className="h-2 overflow-hidden rounded bg-quiet-bg">
                  <span className="block h-full rounded bg-accent" style={{ width: `${score * 100}%` }} />
                </span>
                <span className="tabular text-right">{format.percent(score)}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
      <p className="flex flex-wrap items-center gap-2 text-sm text-soft">
        {t('try.answered', { version: version ?? '?', time: format.duration(ms) })}
        {arm && <Badge tone={arm === 'canary' ? 'warn' : 'quiet'}>{t(`arm.${arm}`)}</Badge>}
      </p>
      <details open={classes === undefined}>
        <summary className="text-xs text-soft">{t('try.response')}</summary>
        <pre className="mt-1 max-h-60 overflow-auto rounded-md bg-raised p-2 font-mono text-xs">
          {answer.body}
        </pre>
      </details>
    </>
  )
}
