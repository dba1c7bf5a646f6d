import { type Language, LOCALES } from './translate.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

export interface Format {
  /** 1234.5 → 1,234.5 */
  number(value: number): string
  /** A fraction of one: 0.1234 → 12.3 % */
  percent(value: number): string
  /** As a change: 0.1234 → +12.3 % */
  change(value: number): string
  /** 1536 → 1.5 kB */
  bytes(value: number): string
  /** Milliseconds: 0.42 ms, 12 ms, 3.2 s, 2 min 5 s. */
  duration(ms: number): string
  /** 2 minutes ago. */
  ago(iso: string, now: number): string
  dateTime(iso: string): string
  time(iso: string): string
  /** A metric in the unit its name tells. */
  metric(name: string, value: number): string
}

const FRACTIONS = /^(accuracy|f1|precision|recall|error|errors|auc|roc|top\d|map|ap)/

export function formatter(language: Language): Format {
  const locale = LOCALES[language]
  const plain = new Intl.NumberFormat(locale, { maximumSignificantDigits: 4 })
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
  const part = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 2 })
  const signed = new Intl.NumberFormat(locale, {
    style: 'percent',
    maximumFractionDigits: 2,
    signDisplay: 'exceptZero',
  })
  const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
  const date = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' })
  const clock = new Intl.DateTimeFormat(locale, { timeStyle: 'medium' })
  const unit = (value: number, name: string) =>
    new Intl.NumberFormat(locale, {
      style: 'unit',
      unit: name,
      unitDisplay: 'short',
      maximumSignificantDigits: 3,
    }).format(value)

  const number = (value: number) => (Math.abs(value) >= 1000 ? whole : plain).format(value)
  const percent = (value: number) => part.format(value)
  const bytes = (value: number) => {
    const step = Math.min(4, Math.floor(Math.log10(Math.max(1, Math.abs(value))) / 3))
    const names = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte']
    return unit(value / 1000 ** step, names[step]!)
  }
  const duration = (ms: number) => {
    if (ms < SECOND) return unit(ms, 'millisecond')
    if (ms < MINUTE) return unit(ms / SECOND, 'second')
    const [large, small, size] =
      ms < HOUR ? (['minute', 'second', MINUTE] as const) : (['hour', 'minute', HOUR] as const)
    const rest = Math.floor((ms % size) / (size / 60))
    return `${unit(Math.floor(ms / size), large)}${rest > 0 ? ` ${unit(rest, small)}` : ''}`
  }
  return {
    number,
    percent,
    change: value => signed.format(value),
    bytes,
    duration,
    ago(iso, now) {
      const past = Date.parse(iso) - now
      const size = Math.abs(past)
      if (size < MINUTE) return relative.format(Math.round(past / SECOND), 'second')
      if (size < HOUR) return relative.format(Math.round(past / MINUTE), 'minute')
      if (size < DAY) return relative.format(Math.round(past / HOUR), 'hour')
      return relative.format(Math.round(past / DAY), 'day')
    },
    dateTime: iso => date.format(new Date(iso)),
    time: iso => clock.format(new Date(iso)),
    metric(name, value) {
      if (name.startsWith('latency')) return duration(value)
      if (name === 'size') return bytes(value)
      return FRACTIONS.test(name) && Math.abs(value) <= 1 ? percent(value) : number(value)
    },
  }
}
