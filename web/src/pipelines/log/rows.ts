import type { LogSection } from '../../../../src/api/log-sections.ts'

export type LogRow =
  | { readonly kind: 'line'; readonly line: number }
  | {
      readonly kind: 'section'
      readonly section: LogSection
      /** That holds its header; none where it has no header of its own, or that is no longer held. */
      readonly line: number | undefined
      readonly isOpen: boolean
    }

export interface LogRows {
  readonly count: number
  at(row: number): LogRow
}

interface Segment {
  /** Its first row; lines are many, a section is one. */
  readonly row: number
  readonly from: number
  readonly section?: Extract<LogRow, { kind: 'section' }>
}

/**
 * The rows of a log's lines from `first` up to `end`, of which those in closed sections are left out. Costs what
 * the sections do, however many lines there are.
 */
export function rowsOf(
  sections: readonly LogSection[],
  first: number,
  end: number,
  isOpen: (section: LogSection) => boolean,
): LogRows {
  const segments: Segment[] = []
  let [row, line] = [0, first]
  const passLines = (upTo: number) => {
    if (upTo <= line) return
    segments.push({ row, from: line })
    row += upTo - line
    line = upTo
  }
  // Sections deeper than this are in one that is closed.
  let hiddenBelow = Number.POSITIVE_INFINITY
  for (const section of sections) {
    if (section.depth > hiddenBelow) continue
    hiddenBelow = Number.POSITIVE_INFINITY
    // It ended on the line that it began on, or before what is held.
    if (section.end !== undefined && section.end <= Math.max(section.first, first)) continue
    passLines(Math.min(section.first, end))
    const own = section.header !== '' && section.first === line && line < end ? line++ : undefined
    const open = isOpen(section)
    segments.push({ row, from: line, section: { kind: 'section', section, line: own, isOpen: open } })
    row++
    if (open) continue
    hiddenBelow = section.depth
    line = Math.max(line, Math.min(section.end ?? end, end))
  }
  passLines(end)
  return {
    count: row,
    at(wanted) {
      const { row: begins, from, section } = segments[segmentOf(segments, wanted)]!
      return section ?? { kind: 'line', line: from + wanted - begins }
    },
  }
}

function segmentOf(segments: readonly Segment[], row: number): number {
  let [low, high] = [0, segments.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (segments[middle]!.row <= row) low = middle + 1
    else high = middle
  }
  return low - 1
}
