import { useVirtualizer } from '@tanstack/react-virtual'
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react'
import { readLogNotice } from '../../../../src/api/log-notices.ts'
import type { LogSection } from '../../../../src/api/log-sections.ts'
import { type LogTimes, logTimeAt } from '../../../../src/api/log-times.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Icon } from '../../ui/icon.tsx'
import type { LogLine } from './decoder.ts'
import type { LogShown } from './follow.ts'
import { LogRowView, Pieces } from './log-line.tsx'
import { rememberedSections, rememberSection } from './remembered.ts'
import { type LogRow, rowsOf } from './rows.ts'

const LINE_HEIGHT = 18
/** Sections deeper in others than this are drawn as deep. */
const MAX_INDENT = 6
/** This near to the end counts as being there. */
const NEAR_PIXELS = 40

interface LinesProps {
  readonly log: LogShown
  readonly job: string
  /** Undefined where they are not shown. */
  readonly times: LogTimes | undefined
  readonly following: boolean
  readonly onFollow: (following: boolean) => void
}

/** Only the rows in view are in the page. Scrolling up stops following, scrolling to the end starts it. */
export function Lines({ log, job, times, following, onFollow }: LinesProps) {
  const { t, format } = useI18n()
  const box = useRef<HTMLDivElement>(null)
  const { isOpen, toggle } = useSections(job)
  const { lines, dropped, sections } = log
  // biome-ignore lint/correctness/useExhaustiveDependencies: sections change with the log that has them
  const rows = useMemo(
    () => rowsOf(sections, dropped, dropped + lines.length, isOpen),
    [log, sections, dropped, lines, isOpen],
  )
  const shown = useVirtualizer({
    count: rows.count,
    getScrollElement: () => box.current,
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  })
  useEffect(() => {
    if (following && box.current) box.current.scrollTop = rows.count * LINE_HEIGHT
  }, [following, rows.count])
  const scrolled = (up: boolean) => {
    const { scrollTop, scrollHeight, clientHeight } = box.current!
    const atEnd = scrollHeight - clientHeight - scrollTop < NEAR_PIXELS
    if (up && !atEnd && following) onFollow(false)
    if (!up && atEnd && !following) onFollow(true)
  }
  const timeOf = (line: LogLine | undefined) => {
    const at = times && line && logTimeAt(times, line.at)
    if (!times) return undefined
    if (at === undefined) return { text: '', title: '' }
    const iso = new Date(at).toISOString()
    return { text: format.time(iso), title: format.dateTime(iso) }
  }
  return (
    // A region that scrolls takes the focus, so that keys can scroll it.
    <section
      ref={box}
      aria-label={t('job.log')}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolled region is reached by keyboard this way
      tabIndex={0}
      onWheel={event => scrolled(event.deltaY < 0)}
      onKeyDown={event => scrolled(['ArrowUp', 'PageUp', 'Home'].includes(event.key))}
      className="max-h-[32rem] overflow-auto py-2 font-mono text-xs"
    >
      <div className="relative min-w-max" style={{ height: shown.getTotalSize() }}>
        {shown.getVirtualItems().map(({ index, start }) => {
          const row = rows.at(index)
          const line = row.line === undefined ? undefined : lines[row.line - dropped]
          return (
            <LogRowView
              key={keyOf(row)}
              number={row.line === undefined ? undefined : row.line + 1}
              top={start}
              height={LINE_HEIGHT}
              time={timeOf(line)}
            >
              {row.kind === 'line' ? (
                <Line line={line!} />
              ) : (
                <SectionHead
                  row={row}
                  onToggle={() => {
                    // The reader is here now, not at the end.
                    onFollow(false)
                    toggle(row.section, !row.isOpen)
                  }}
                >
                  {line ? <Pieces pieces={line.pieces} /> : row.section.name}
                </SectionHead>
              )}
            </LogRowView>
          )
        })}
      </div>
    </section>
  )
}

const keyOf = (row: LogRow) =>
  row.kind === 'line' ? row.line : `${row.section.first} ${row.section.depth} ${row.section.name}`

/** What was opened and closed in this log by hand; else as it was in the job's last one, else as the job says. */
function useSections(job: string) {
  const [before] = useState(() => rememberedSections(job))
  const [chosen, setChosen] = useState<ReadonlyMap<LogSection, boolean>>(new Map())
  const isOpen = useMemo(
    () => (section: LogSection) => chosen.get(section) ?? before.get(section.name) ?? !section.collapsed,
    [before, chosen],
  )
  const toggle = (section: LogSection, open: boolean) => {
    setChosen(now => new Map(now).set(section, open))
    rememberSection(job, section.name, open)
  }
  return { isOpen, toggle }
}

function Line({ line: { pieces } }: { readonly line: LogLine }) {
  const { t } = useI18n()
  const notice = pieces.length === 1 ? readLogNotice(pieces[0]!.text) : undefined
  if (!notice) {
    return (
      <span>
        <Pieces pieces={pieces} />
      </span>
    )
  }
  const text =
    notice.kind === 'left-out'
      ? t('log.leftOut', { size: notice.size })
      : t('log.longer', { head: notice.head, tail: notice.tail })
  return (
    <span role="note" className="rounded bg-warn-bg px-2 font-sans font-medium text-warn">
      {text}
    </span>
  )
}

interface SectionHeadProps {
  readonly row: Extract<LogRow, { kind: 'section' }>
  readonly onToggle: () => void
  readonly children: ReactNode
}

function SectionHead({ row: { section, isOpen }, onToggle, children }: SectionHeadProps) {
  const { t, format } = useI18n()
  return (
    <>
      <button
        type="button"
        aria-expanded={isOpen}
        onClick={onToggle}
        style={{ paddingLeft: `${Math.min(section.depth, MAX_INDENT)}rem` }}
        className="-ml-3.5 flex items-center"
      >
        <span className={`flex w-3.5 ${isOpen ? 'rotate-90' : ''}`}>
          <Icon name="chevron" size={12} />
        </span>
        <span>{children}</span>
      </button>
      {section.seconds !== undefined && (
        <span className="tabular ml-3 text-soft select-none">
          {section.seconds === 0 ? t('log.underSecond') : format.duration(section.seconds * 1000)}
        </span>
      )}
    </>
  )
}
