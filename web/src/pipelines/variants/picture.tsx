import { useI18n } from '../../i18n/index.tsx'
import type { Verdict } from '../../ui/tone.ts'
import { type Form, measuredForms, type OptimizationView, paretoFront } from './pareto.ts'
import { AREA, axisTo, type Dot, HEIGHT, placeDots, placeX, placeY, WIDTH } from './picture-geometry.ts'

const COLOUR: Readonly<Record<Verdict | 'refused', string>> = {
  passed: 'text-good',
  failed: 'text-bad',
  inconclusive: 'text-warn',
  'not applicable': 'text-quiet',
  refused: 'text-quiet',
}

/**
 * Every measured form by its size and latency, with the metric in words. A full dot is one that no other beats in
 * all of these and memory; the table beside it has every figure.
 */
export function ParetoPicture({ optimization }: { readonly optimization: OptimizationView }) {
  const { t, format } = useI18n()
  const { metric, chosen } = optimization
  const forms = measuredForms(optimization)
  const front = paretoFront(forms, metric?.better)
  const x = axisTo(Math.max(...forms.map(({ bytes }) => bytes)))
  const y = axisTo(Math.max(...forms.map(({ slowness }) => slowness)))
  const labelOf = ({ name, metric: figure }: Form) =>
    [
      name ?? t('variants.original'),
      ...(metric && figure !== undefined ? [format.metric(metric.name, figure)] : []),
    ].join(' · ')
  const label = t('variants.picture', { n: forms.length })
  return (
    <figure>
      <svg role="img" aria-label={label} viewBox={`0 0 ${WIDTH} ${HEIGHT}`} className="w-full max-w-2xl">
        <title>{label}</title>
        <g className="fill-soft stroke-line text-[11px]">
          {x.ticks.map(tick => (
            <g key={tick}>
              <line x1={placeX(x, tick)} x2={placeX(x, tick)} y1={AREA.top} y2={AREA.bottom} />
              <text x={placeX(x, tick)} y={AREA.bottom + 14} textAnchor="middle" stroke="none">
                {format.bytes(tick)}
              </text>
            </g>
          ))}
          {y.ticks.map(tick => (
            <g key={tick}>
              <line x1={AREA.left} x2={AREA.right} y1={placeY(y, tick)} y2={placeY(y, tick)} />
              <text x={AREA.left - 6} y={placeY(y, tick) + 4} textAnchor="end" stroke="none">
                {format.number(tick)} ×
              </text>
            </g>
          ))}
          <text x={(AREA.left + AREA.right) / 2} y={HEIGHT - 4} textAnchor="middle" stroke="none">
            {t('variants.size')}
          </text>
        </g>
        <line
          x1={AREA.left}
          x2={AREA.right}
          y1={placeY(y, 1)}
          y2={placeY(y, 1)}
          strokeDasharray="3 2"
          className="stroke-ink"
        />
        {placeDots(forms, { x, y }, labelOf).map(dot => (
          <DotMark
            key={dot.form.name ?? ''}
            dot={dot}
            full={front.has(dot.form)}
            label={labelOf(dot.form)}
            ships={(dot.form.name ?? null) === chosen}
          />
        ))}
      </svg>
      <figcaption className="text-xs text-soft">{t('variants.legend')}</figcaption>
    </figure>
  )
}

interface DotMarkProps {
  readonly dot: Dot
  readonly full: boolean
  readonly label: string
  readonly ships: boolean
}

function DotMark({ dot: { form, x, y, label: at }, full, label, ships }: DotMarkProps) {
  return (
    <g className={COLOUR[form.outcome]}>
      {ships && <circle cx={x} cy={y} r={8} fill="none" stroke="currentColor" />}
      <circle
        cx={x}
        cy={y}
        r={4.5}
        fill={full ? 'currentColor' : 'none'}
        stroke="currentColor"
        strokeWidth={1.5}
      />
      <text
        x={at.x}
        y={at.y + 4}
        textAnchor={at.anchor}
        paintOrder="stroke"
        strokeWidth={3}
        className={`fill-ink stroke-surface text-[11px] ${ships ? 'font-semibold' : ''}`}
      >
        {label}
      </text>
    </g>
  )
}
