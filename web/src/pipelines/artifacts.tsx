import type { AttemptView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'

export function Artifacts({ artifacts }: { readonly artifacts: AttemptView['artifacts'] }) {
  const { t, format } = useI18n()
  return (
    <Panel title={t('job.artifacts')} flush>
      <Table label={t('job.artifacts')} columns={[t('projects.name'), t('common.bytes'), 'SHA-256']}>
        {artifacts.map(({ path, digest, size }) => (
          <Row key={path}>
            <Cell mono>{path}</Cell>
            <Cell>{format.bytes(size)}</Cell>
            <Cell mono>
              <span title={digest}>{digest.replace(/^sha256:/, '').slice(0, 16)}…</span>
            </Cell>
          </Row>
        ))}
      </Table>
    </Panel>
  )
}
