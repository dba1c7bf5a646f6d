import { useI18n } from '../../i18n/index.tsx'
import { Badge, VerdictBadge } from '../../ui/badge.tsx'
import { Panel } from '../../ui/panel.tsx'
import { Cell, Row, Table } from '../../ui/table.tsx'
import type { OptimizationView } from './pareto.ts'
import { ParetoPicture } from './picture.tsx'

type Tried = OptimizationView['tried'][number]

/** What an optimize stage tried: a picture, and every figure and reason. */
export function Variants({ optimization }: { readonly optimization: OptimizationView }) {
  const { t } = useI18n()
  const { machine, tried, metric } = optimization
  const columns = [
    t('variants.variant'),
    t('common.bytes'),
    t('variants.memory'),
    t('variants.latency'),
    ...(metric ? [metric.name] : []),
    t('job.verdict'),
  ]
  return (
    <Panel title={t('variants.title')}>
      <div className="grid items-start gap-4 xl:grid-cols-2">
        <ParetoPicture optimization={optimization} />
        <div className="min-w-0 overflow-x-auto">
          <Table label={t('variants.title')} columns={columns}>
            <OriginalRow optimization={optimization} />
            {tried.map(each => (
              <TriedRow key={each.name} tried={each} optimization={optimization} />
            ))}
          </Table>
        </div>
      </div>
      <p className="mt-3 text-xs text-soft">
        {t('variants.machine', {
          processor: machine.processor,
          instructions: machine.instructions.join(' ') || t('common.none'),
          threads: machine.threads,
        })}
      </p>
    </Panel>
  )
}

interface OfOptimization {
  readonly optimization: OptimizationView
}

function OriginalRow({ optimization: { original, metric, chosen, tried } }: OfOptimization) {
  const { t, format } = useI18n()
  const memory = tried.find(({ measured }) => measured?.original.memory)?.measured?.original.memory
  return (
    <Row>
      <Cell>
        {t('variants.original')} {chosen === null && <Badge tone="good">{t('variants.ships')}</Badge>}
      </Cell>
      <Cell>{format.bytes(original.bytes)}</Cell>
      <Cell>
        <Memory memory={memory} />
      </Cell>
      <Cell>{format.number(1)} ×</Cell>
      {metric && (
        <Cell>
          <Figure metric={metric.name} judged={original} />
        </Cell>
      )}
      <Cell />
    </Row>
  )
}

function TriedRow({ tried, optimization: { metric, chosen } }: OfOptimization & { readonly tried: Tried }) {
  const { t, format } = useI18n()
  const { name, change, outcome, measured, judged } = tried
  const ratio = measured && measured.variant.latencyP50 / measured.original.latencyP50
  return (
    <Row>
      <Cell wrap>
        <span title={change} className="font-medium">
          {name}
        </span>{' '}
        {name === chosen && <Badge tone="good">{t('variants.ships')}</Badge>}
        {useReasons(tried).map(reason => (
          <div key={reason} className="max-w-md text-xs break-words text-soft">
            {reason}
          </div>
        ))}
      </Cell>
      <Cell>{measured ? format.bytes(measured.variant.bytes) : '–'}</Cell>
      <Cell>
        <Memory memory={measured?.variant.memory} />
      </Cell>
      <Cell>
        {ratio === undefined ? '–' : `${format.number(Math.round(ratio * 100) / 100)} ×`}
        {measured && <div className="text-xs text-soft">{format.duration(measured.variant.latencyP50)}</div>}
      </Cell>
      {metric && <Cell>{judged ? <Figure metric={metric.name} judged={judged} /> : '–'}</Cell>}
      <Cell>
        {outcome === 'refused' ? (
          <Badge tone="quiet" icon="skip">
            {t('variants.refused')}
          </Badge>
        ) : (
          <VerdictBadge verdict={outcome} />
        )}
      </Cell>
    </Row>
  )
}

/** What it holds while it serves, and the most while it was loaded and run. */
function Memory({ memory }: { readonly memory: NonNullable<Tried['measured']>['variant']['memory'] }) {
  const { t, format } = useI18n()
  if (!memory) return '–'
  return (
    <>
      {format.bytes(memory.steady)}
      <div className="text-xs text-soft">{t('variants.peak', { size: format.bytes(memory.peak) })}</div>
    </>
  )
}

interface FigureProps {
  readonly metric: string
  readonly judged: Pick<NonNullable<Tried['judged']>, 'metrics' | 'intervals'>
}

function Figure({ metric, judged: { metrics, intervals } }: FigureProps) {
  const { format } = useI18n()
  const value = metrics[metric]
  const interval = intervals[metric]
  return (
    <>
      {value === undefined ? '–' : format.metric(metric, value)}
      {interval && (
        <div className="text-xs text-soft">
          {format.metric(metric, interval[0])} – {format.metric(metric, interval[1])}
        </div>
      )}
    </>
  )
}

/** Why it was refused, what its gates say, and what stayed as it was. */
function useReasons({ reason, judged, repaired = [] }: Tried): readonly string[] {
  const { t } = useI18n()
  const gates = (judged?.gates ?? []).filter(
    ({ verdict }) => verdict === 'failed' || verdict === 'inconclusive',
  )
  return [
    ...(reason === undefined ? [] : [reason]),
    ...gates.map(({ summary }) => summary),
    ...(repaired.length > 0 ? [t('variants.repaired', { n: repaired.length })] : []),
  ]
}
