import { useI18n } from '../../i18n/index.tsx'
import {
  AREA,
  BOUND,
  type ChartMark,
  frameOf,
  HEIGHT,
  type Look,
  lineOf,
  placeX,
  placeY,
  WIDTH,
} from './chart-geometry.ts'
import { lastOf } from './curve.ts'

export interface ChartLine {
  readonly name: string
  /** A colour for the line and its last point. */
  readonly look: string
  /** Told apart without colour too. */
  readonly dashed?: boolean
  readonly looks: readonly Look[]
}

interface EvidenceChartProps {
  /** All that it shows, in words. */
  readonly label: string
  readonly lines: readonly ChartLine[]
  /** Where steps began. */
  readonly marks: readonly ChartMark[]
}

/** Evidence over time, in parts of what decides: the dashed line is where it does. */
export function EvidenceChart({ label, lines, marks }: EvidenceChartProps) {
  const { format } = useI18n()
  const frame = frameOf(lines.flatMap(({ looks }) => looks))
  const bound = placeY(frame, BOUND)
  const zero = placeY(frame, 0)
  return (
    <figure>
      <svg role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="w-full max-w-xl">
        <title>{label}</title>
        <line x1={AREA.left} x2={AREA.right} y1={zero} y2={zero} className="stroke-line" />
        {marks.map(({ at, text }) => (
          <g key={at} className="stroke-line">
            <line x1={placeX(frame, at)} x2={placeX(frame, at)} y1={AREA.top} y2={AREA.bottom} />
            <text
              x={placeX(frame, at) + 3}
              y={HEIGHT - 6}
              stroke="none"
              className="tabular fill-soft text-[10px]"
            >
              {text}
            </text>
          </g>
        ))}
        <line
          x1={AREA.left}
          x2={AREA.right}
          y1={bound}
          y2={bound}
          strokeDasharray="4 3"
          className="stroke-ink"
        />
        {[0, BOUND].map(value => (
          <text
            key={value}
            x={AREA.left - 4}
            y={placeY(frame, value) + 3}
            textAnchor="end"
            className="tabular fill-soft text-[10px]"
          >
            {format.percent(value)}
          </text>
        ))}
        {lines.map(({ name, look, dashed, looks }) => (
          <g key={name} className={look}>
            <polyline
              points={lineOf(frame, looks)}
              fill="none"
              stroke="currentColor"
              strokeWidth={1.8}
              strokeLinejoin="round"
              {...(dashed && { strokeDasharray: '2 2.5' })}
            />
            <LastPoint look={looks.at(-1)} frame={frame} />
          </g>
        ))}
      </svg>
      <figcaption className="flex flex-wrap gap-x-3 gap-y-0.5 text-xs">
        {lines.map(({ name, look, dashed, looks }) => (
          <span key={name} className="inline-flex items-center gap-1.5">
            <svg aria-hidden="true" width={18} height={4} className={look}>
              <line
                x2={18}
                y1={2}
                y2={2}
                stroke="currentColor"
                strokeWidth={2}
                {...(dashed && { strokeDasharray: '2 2.5' })}
              />
            </svg>
            {name} <span className="tabular font-medium">{format.percent(lastOf(looks))}</span>
          </span>
        ))}
      </figcaption>
    </figure>
  )
}

interface LastPointProps {
  readonly look: Look | undefined
  readonly frame: ReturnType<typeof frameOf>
}

function LastPoint({ look, frame }: LastPointProps) {
  if (!look) return null
  return <circle cx={placeX(frame, look.at)} cy={placeY(frame, look.value)} r={3} fill="currentColor" />
}
