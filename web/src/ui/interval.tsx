import { useI18n } from '../i18n/index.tsx'
import { type IntervalFigures, intervalShape } from './interval-geometry.ts'
import type { Verdict } from './tone.ts'

const WIDTH = 180
const WIDE = 360
const HEIGHT = 22
const MIDDLE = HEIGHT / 2

const STROKE: Readonly<Record<Verdict, string>> = {
  passed: 'stroke-good fill-good',
  failed: 'stroke-bad fill-bad',
  inconclusive: 'stroke-warn fill-warn',
  'not applicable': 'stroke-quiet fill-quiet',
}

interface IntervalProps extends IntervalFigures {
  readonly verdict: Verdict
  readonly show: (value: number) => string
  /** Takes the whole width there is, not a table's. */
  readonly wide?: boolean
}

/** An interval as a bar with its figure, against the limit (a dashed line) that decides. */
export function Interval({ verdict, show, wide = false, ...figures }: IntervalProps) {
  const { t } = useI18n()
  const width = wide ? WIDE : WIDTH
  const shape = intervalShape(figures)
  const x = (fraction: number) => Math.round(fraction * width * 10) / 10
  const end = (value: number, open: boolean, sign: string) => (open ? `${sign}∞` : show(value))
  const words = {
    low: end(figures.interval[0], shape.openLow, '−'),
    high: end(figures.interval[1], shape.openHigh, ''),
  }
  const label =
    figures.limit === undefined
      ? t('interval.noLimit', words)
      : t('interval.label', { ...words, limit: show(figures.limit) })
  return (
    <svg
      role="img"
      aria-label={label}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      className={`${STROKE[verdict]} ${wide ? 'w-full max-w-xl' : 'h-5.5 w-45'}`}
    >
      <title>{label}</title>
      <line x1={0} x2={width} y1={MIDDLE} y2={MIDDLE} className="stroke-line" />
      {shape.zero !== undefined && (
        <line x1={x(shape.zero)} x2={x(shape.zero)} y1={6} y2={HEIGHT - 6} className="stroke-quiet/70" />
      )}
      <line x1={x(shape.low)} x2={x(shape.high)} y1={MIDDLE} y2={MIDDLE} strokeWidth={4} opacity={0.55} />
      {!shape.openLow && <line x1={x(shape.low)} x2={x(shape.low)} y1={6} y2={HEIGHT - 6} strokeWidth={2} />}
      {!shape.openHigh && (
        <line x1={x(shape.high)} x2={x(shape.high)} y1={6} y2={HEIGHT - 6} strokeWidth={2} />
      )}
      {shape.value !== undefined && <circle cx={x(shape.value)} cy={MIDDLE} r={3.5} stroke="none" />}
      {shape.limit !== undefined && (
        <line
          x1={x(shape.limit)}
          x2={x(shape.limit)}
          y1={1}
          y2={HEIGHT - 1}
          strokeWidth={1.5}
          strokeDasharray="3 2"
          className="stroke-ink"
        />
      )}
    </svg>
  )
}
