export {
  type Calendar,
  type Closure,
  closureAt,
  formatCalendar,
  formatClosure,
  parseCalendar,
  type WrittenCalendar,
} from './calendar.ts'
export { formatWindow, parseWindow, type TimeWindow, type WrittenWindow, windowOf } from './window.ts'
