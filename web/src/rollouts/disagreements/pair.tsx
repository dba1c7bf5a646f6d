import type { Disagreement } from '../../../../src/api/agents/disagreements.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Badge } from '../../ui/badge.tsx'
import { Ago } from '../../ui/time.tsx'
import { PreviewOf } from './preview.tsx'

interface PairProps {
  readonly pair: Disagreement
  readonly stable: number | undefined
  readonly candidate: number
}

/** A request, and what the two versions made of it, side by side. */
export function Pair({ pair, stable, candidate }: PairProps) {
  const { t } = useI18n()
  return (
    <li className="grid gap-3 border-b border-line p-3 last:border-0 md:grid-cols-3">
      <div className="min-w-0 space-y-1">
        <h3 className="text-xs text-soft">
          {t('disagree.input')} · <Ago at={pair.at} />
        </h3>
        <PreviewOf preview={pair.input} name={t('disagree.input')} />
        <code className="text-xs break-all text-soft">{pair.requestId}</code>
      </div>
      <Side name={`${t('arm.stable')} v${stable ?? '–'}`} side={pair.stable} />
      <Side name={`${t('rollout.candidate')} v${candidate}`} side={pair.candidate} />
    </li>
  )
}

function Side({ name, side }: { readonly name: string; readonly side: Disagreement['stable'] }) {
  const { t, format } = useI18n()
  const { status, ms, decided = [], answer } = side
  const failed = status >= 400
  return (
    <div className="min-w-0 space-y-1">
      <h3 className="text-xs text-soft">
        {name} · {format.duration(ms)}
      </h3>
      {failed ? (
        <Badge tone="bad" icon="alert">
          {t('disagree.failed', { status })}
        </Badge>
      ) : (
        <p className="text-lg font-semibold break-words">
          {decided.map(({ label, index, value }) => label ?? index ?? value ?? '–').join(', ') || '–'}
        </p>
      )}
      {answer && (
        <details>
          <summary className="text-xs text-soft">{t('disagree.answer')}</summary>
          <PreviewOf preview={answer} name={t('disagree.answer')} />
        </details>
      )}
    </div>
  )
}
