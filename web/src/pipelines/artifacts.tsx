import type { AttemptView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { Icon } from '../ui/icon.tsx'
import { Panel } from '../ui/panel.tsx'
import { Cell, Row, Table } from '../ui/table.tsx'

export function Artifacts({ attempt: { id, artifacts } }: { readonly attempt: AttemptView }) {
  const { t, format } = useI18n()
  return (
    <Panel title={t('job.artifacts')} flush>
      <Table label={t('job.artifacts')} columns={[t('projects.name'), t('common.bytes'), 'SHA-256']}>
        {artifacts.map(({ path, digest, size }) => (
          <Row key={path}>
            <Cell mono>
              <a
                href={`/api/v1/attempts/${id}/artifacts/${path.split('/').map(encodeURIComponent).join('/')}`}
                download
                className="inline-flex items-center gap-1 hover:underline"
              >
                <Icon name="download" size={12} />
                {path}
              </a>
            </Cell>
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
