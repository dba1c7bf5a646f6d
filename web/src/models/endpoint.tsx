import type { ModelView } from '../../../src/api/views.ts'
import { useI18n } from '../i18n/index.tsx'
import { CodeLines } from '../ui/copy.tsx'
import { Panel } from '../ui/panel.tsx'

export function Endpoint({ model }: { readonly model: ModelView }) {
  const { t } = useI18n()
  const shape = (port: ModelView['inputs'][number]) =>
    `${port.name} ${port.dtype}[${port.shape.map(size => size ?? '?').join(',')}]`
  return (
    <Panel title={t('model.endpoint')}>
      <div className="space-y-2">
        <CodeLines text={curlOf(model)} />
        <p className="text-xs text-soft">{t('model.endpointHint')}</p>
        <p className="font-mono text-xs break-words text-soft">
          {model.inputs.map(shape).join(', ')} → {model.outputs.map(shape).join(', ')}
        </p>
      </div>
    </Panel>
  )
}

function curlOf({ endpoint, acceptsImages }: ModelView): string {
  const [type, body] = acceptsImages
    ? ['image/png', '--data-binary @image.png']
    : ['application/json', '--data @request.json']
  return `curl -H "Authorization: Bearer $TOKEN" \\\n  -H "Content-Type: ${type}" \\\n  ${body} \\\n  ${endpoint}`
}
