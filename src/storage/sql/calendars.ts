import { type Calendar, formatCalendar, parseCalendar, type WrittenCalendar } from '../../core/index.ts'
import { isRecord, isTexts } from './json.ts'
import type { RowReader } from './row.ts'

/** Windows are kept as a person writes them. */
export function calendarText(calendar: Calendar | undefined): string | null {
  return calendar ? JSON.stringify(formatCalendar(calendar)) : null
}

export function calendarIn(read: RowReader): Calendar | undefined {
  return read.optional('calendar', column => parseCalendar(read.json(column, isWritten)))
}

function isWritten(value: unknown): value is WrittenCalendar {
  return isRecord(value) && isTexts(value['freeze']) && isTexts(value['schedule'])
}
