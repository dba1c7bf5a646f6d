import { useEffect, useState } from 'react'
import type { AttemptView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Panel } from '../../ui/panel.tsx'
import { followLog, type LogShown } from './follow.ts'
import { Lines } from './lines.tsx'
import { useLogTimes } from './times.ts'

/** A longer log is shown from this far before its end. */
const TAIL_BYTES = 4 * 1024 * 1024
const SHOWS_TIMES = 'ballast.log.times'

interface LogViewProps {
  readonly attempt: AttemptView
  readonly name: string
}

export function LogView({ attempt, name }: LogViewProps) {
  const { t, format } = useI18n()
  const [from] = useState(() => Math.max(0, attempt.logBytes - TAIL_BYTES))
  const [log, setLog] = useState<LogShown>({ lines: [], dropped: 0, sections: [], state: 'live' })
  const [following, setFollowing] = useState(true)
  const [timed, setTimed] = useState(() => localStorage.getItem(SHOWS_TIMES) === 'yes')
  const times = useLogTimes(attempt.id, from, log, timed)
  useEffect(() => followLog(attempt.id, from, setLog), [attempt.id, from])
  const state = { live: t('log.live'), ended: t('log.ended'), broken: t('log.broken') }[log.state]
  const showTimes = (shown: boolean) => {
    localStorage.setItem(SHOWS_TIMES, shown ? 'yes' : 'no')
    setTimed(shown)
  }
  const aside = (
    <>
      <span role="status" className="text-xs">
        {state}
      </span>
      <span className="tabular text-xs">{t('log.lines', { n: log.lines.length + log.dropped })}</span>
      <Choice label={t('log.times')} checked={timed} onChange={showTimes} />
      <Choice label={t('log.follow')} checked={following} onChange={setFollowing} />
      <a
        href={`/api/v1/attempts/${attempt.id}/log`}
        download={`${name}-${attempt.number}.log`}
        className="flex items-center gap-1 text-xs hover:underline"
      >
        <Icon name="download" />
        {t('log.download')}
      </a>
    </>
  )
  return (
    <Panel title={`${t('job.log')} · ${name}`} aside={aside} flush>
      {from > 0 && (
        <p className="px-3 py-1 text-xs text-soft">{t('log.tail', { from: format.number(from) })}</p>
      )}
      {log.dropped > 0 && (
        <p className="px-3 py-1 text-xs text-soft">{t('log.dropped', { n: log.dropped })}</p>
      )}
      {log.lines.length === 0 ? (
        <p className="p-3 text-sm text-soft">{t('log.empty')}</p>
      ) : (
        <Lines
          log={log}
          job={name}
          times={timed ? times : undefined}
          following={following}
          onFollow={setFollowing}
        />
      )}
    </Panel>
  )
}

interface ChoiceProps {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
}

function Choice({ label, checked, onChange }: ChoiceProps) {
  return (
    <label className="flex items-center gap-1 text-xs">
      <input
        type="checkbox"
        className="accent-accent"
        checked={checked}
        onChange={event => onChange(event.target.checked)}
      />
      {label}
    </label>
  )
}
