import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, useState } from 'react'
import type { AttemptView } from '../../../../src/api/views.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Icon } from '../../ui/icon.tsx'
import { Panel } from '../../ui/panel.tsx'
import type { LogLine } from './decoder.ts'
import { followLog, type LogShown } from './follow.ts'
import { LogLineView } from './log-line.tsx'

/** A longer log is shown from this far before its end. */
const TAIL_BYTES = 4 * 1024 * 1024
const LINE_HEIGHT = 18
/** This near to the end counts as being there. */
const NEAR_PIXELS = 40

interface LogViewProps {
  readonly attempt: AttemptView
  readonly name: string
}

export function LogView({ attempt, name }: LogViewProps) {
  const { t, format } = useI18n()
  const [from] = useState(() => Math.max(0, attempt.logBytes - TAIL_BYTES))
  const [log, setLog] = useState<LogShown>({ lines: [], dropped: 0, state: 'live' })
  const [following, setFollowing] = useState(true)
  useEffect(() => followLog(attempt.id, from, setLog), [attempt.id, from])
  const state = { live: t('log.live'), ended: t('log.ended'), broken: t('log.broken') }[log.state]
  const aside = (
    <>
      <span role="status" className="text-xs">
        {state}
      </span>
      <span className="tabular text-xs">{t('log.lines', { n: log.lines.length + log.dropped })}</span>
      <label className="flex items-center gap-1 text-xs">
        <input
          type="checkbox"
          className="accent-accent"
          checked={following}
          onChange={event => setFollowing(event.target.checked)}
        />
        {t('log.follow')}
      </label>
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
        <Lines lines={log.lines} following={following} onFollow={setFollowing} label={t('job.log')} />
      )}
    </Panel>
  )
}

interface LinesProps {
  readonly lines: readonly LogLine[]
  readonly following: boolean
  readonly onFollow: (following: boolean) => void
  readonly label: string
}

/** Only the lines in view are in the page. Scrolling up stops following, scrolling to the end starts it. */
function Lines({ lines, following, onFollow, label }: LinesProps) {
  const box = useRef<HTMLDivElement>(null)
  const rows = useVirtualizer({
    count: lines.length,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  })
  useEffect(() => {
    if (following && box.current) box.current.scrollTop = lines.length * LINE_HEIGHT
  }, [following, lines.length])
  const scrolled = (up: boolean) => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!
    const atEnd = scrollHeight - clientHeight - scrollTop < NEAR_PIXELS
    if (up && !atEnd && following) onFollow(false)
    if (!up && atEnd && !following) onFollow(true)
  }
  return (
    // A region that scrolls takes the focus, so that keys can scroll it.
    <section
      ref={box}
      aria-label={label}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region is reached by keyboard this way
      tabIndex={0}
      onWheel={event => scrolled(event.deltaY < 0)}
      onKeyDown={event => scrolled(['ArrowUp', 'PageUp', 'Home'].includes(event.key))}
      className="max-h-[32rem] overflow-auto py-2 font-mono text-xs"
    >
      <div className="relative min-w-max" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().map(({ index, start }) => (
          <LogLineView key={index} line={lines[index]!} number={index + 1} top={start} height={LINE_HEIGHT} />
        ))}
      </div>
    </section>
  )
}
