import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { pipelineSummarySchema } from '../../../../src/api/views.ts'
import { change, parse } from '../../api/http.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Problem } from '../../ui/problem.tsx'
import { readVariables } from './run-variables.ts'

interface RunPipelineProps {
  readonly project: string
  readonly defaultBranch: string
  readonly onClose: () => void
}

/** Starts a pipeline by hand, for a branch or tag, with variables; then shows it. */
export function RunPipeline({ project, defaultBranch, onClose }: RunPipelineProps) {
  const { t } = useI18n()
  const navigate = useNavigate()
  const [ref, setRef] = useState(defaultBranch)
  const [text, setText] = useState('')
  const read = readVariables(text)
  const running = useMutation({
    async mutationFn() {
      const variables = read.kind === 'variables' ? read.variables : {}
      const path = `/api/v1/projects/${encodeURIComponent(project)}/pipelines`
      const response = await change('POST', path, { ref: ref.trim(), variables })
      return parse(pipelineSummarySchema, await response.json())
    },
    onSuccess: ({ id }) => navigate({ to: '/pipelines/$id', params: { id } }),
  })
  return (
    <Dialog title={t('pipeline.run')} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          running.mutate()
        }}
      >
        <Field
          label={t('pipeline.runRef')}
          required
          autoFocus
          autoComplete="off"
          spellCheck={false}
          value={ref}
          onChange={event => setRef(event.target.value)}
        />
        <label className="block space-y-1">
          <span className="text-sm font-medium">{t('pipeline.runVariables')}</span>
          <textarea
            rows={4}
            spellCheck={false}
            value={text}
            onChange={event => setText(event.target.value)}
            className="w-full rounded-md border border-line bg-surface px-2 py-1 font-mono text-xs"
          />
          <span role="status" className="block text-xs text-soft">
            {read.kind === 'wrong'
              ? t('pipeline.runVariablesWrong', { line: read.line })
              : t('pipeline.runVariablesHint')}
          </span>
        </label>
        {running.error && <Problem error={running.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="main" disabled={running.isPending || read.kind === 'wrong'}>
            {t('pipeline.runStart')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
