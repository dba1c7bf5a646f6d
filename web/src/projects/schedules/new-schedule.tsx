import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ProjectView } from '../../../../src/api/views.ts'
import { change } from '../../api/http.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Button } from '../../ui/button.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field } from '../../ui/field.tsx'
import { Problem } from '../../ui/problem.tsx'

interface NewScheduleProps {
  readonly project: ProjectView
  readonly onClose: () => void
}

export function NewSchedule({ project: { name, defaultBranch }, onClose }: NewScheduleProps) {
  const { t } = useI18n()
  const client = useQueryClient()
  const [description, setDescription] = useState('')
  const [cron, setCron] = useState('')
  const [ref, setRef] = useState(defaultBranch)
  const [timeZone, setTimeZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  const making = useMutation({
    async mutationFn() {
      const body = {
        description: description.trim(),
        cron: cron.trim(),
        timeZone: timeZone.trim(),
        ref: ref.trim(),
      }
      await change('POST', `/api/v1/projects/${encodeURIComponent(name)}/schedules`, body)
    },
    async onSuccess() {
      await client.invalidateQueries({ queryKey: ['schedules', name] })
      onClose()
    },
  })
  const field = (value: string, set: (value: string) => void) => ({
    required: true,
    autoComplete: 'off',
    spellCheck: false,
    value,
    onChange: (event: { readonly target: { readonly value: string } }) => set(event.target.value),
  })
  return (
    <Dialog title={t('schedules.new')} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          making.mutate()
        }}
      >
        <Field label={t('schedules.description')} autoFocus {...field(description, setDescription)} />
        <Field label={t('schedules.cron')} hint={t('schedules.cronHint')} {...field(cron, setCron)} />
        <Field label={t('schedules.timeZone')} {...field(timeZone, setTimeZone)} />
        <Field label={t('pipeline.runRef')} {...field(ref, setRef)} />
        {making.error && <Problem error={making.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="main" disabled={making.isPending}>
            {t('schedules.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}
