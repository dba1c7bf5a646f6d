import type { GateView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { VerdictBadge } from '../ui/badge.tsx'
import { Interval } from '../ui/interval.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'

export function Gates({ gates }: { readonly gates: readonly GateView[] }) {
  const { t } = useI18n()
  const columns = [t('job.gate'), t('job.verdict'), t('job.figure'), t('job.interval')]
  return (
    <Panel title={t('job.gates')} flush>
      <Table label={t('job.gates')} columns={columns}>
        {gates.map(gate => (
          <GateRow key={gate.text} gate={gate} />
        ))}
      </Table>
    </Panel>
  )
}

function GateRow({ gate }: { readonly gate: GateView }) {
  const { t, format } = useI18n()
  const { metric, value, production, interval, limit } = gate
  const show = (figure: number) => format.metric(metric, figure)
  // An interval of a comparison is of the difference to production.
  const drawn = production === undefined ? value : value !== undefined ? value - production : undefined
  return (
    <Row>
      <Cell wrap>
        <code className="text-xs font-medium">{gate.text}</code>
        <div className="mt-0.5 max-w-xl text-xs text-soft">
          {gate.summary}
          {gate.missing && ` · ${gate.missing}`}
        </div>
      </Cell>
      <Cell>
        <VerdictBadge verdict={gate.verdict} />
      </Cell>
      <Cell>
        {value === undefined ? '–' : show(value)}
        {production !== undefined && (
          <div className="text-xs text-soft">{t('job.production', { value: show(production) })}</div>
        )}
      </Cell>
      <Cell>
        {interval && (
          <Interval interval={interval} value={drawn} limit={limit} verdict={gate.verdict} show={show} />
        )}
      </Cell>
    </Row>
  )
}
