import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { projectSchema } from '../../../src/api/views.ts'
import { change, parse } from '../api/http.ts'
import { useI18n } from '../i18n/index.tsx'
import { Button } from '../ui/button.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { Field } from '../ui/field.tsx'
import { Problem } from '../ui/problem.tsx'

export function NewProject({ onClose }: { readonly onClose: () => void }) {
  const { t } = useI18n()
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState('')
  const making = useMutation({
    async mutationFn() {
      const response = await change('POST', '/api/v1/projects', { name: name.trim() })
      return parse(projectSchema, await response.json())
    },
    async onSuccess(project) {
      await client.invalidateQueries({ queryKey: ['projects'] })
      await navigate({ to: '/projects/$', params: { _splat: project.name } })
    },
  })
  return (
    <Dialog title={t('projects.new')} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          making.mutate()
        }}
      >
        <Field
          label={t('projects.name')}
          hint={t('projects.nameHint')}
          required
          autoFocus
          autoComplete="off"
          spellCheck={false}
          value={name}
          onChange={event => setName(event.target.value)}
        />
        {making.error && <Problem error={making.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="main" disabled={making.isPending}>
            {t('projects.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
