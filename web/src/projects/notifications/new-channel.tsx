import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { type ChannelView, channelSetSchema, NEWS, USUAL_NEWS_KINDS } from '../../../../src/api/notify.ts'
import { change, parse } from '../../api/http.ts'
import { useI18n } from '../../i18n/index.tsx'
import { Button } from '../../ui/button.tsx'
import { CopyButton } from '../../ui/copy.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Field, INPUT } from '../../ui/field.tsx'
import { Problem } from '../../ui/problem.tsx'
import { type Draft, EMPTY, targetOf } from './draft.ts'
import { TargetFields } from './target-fields.tsx'

interface NewChannelProps {
  readonly project: string
  readonly onClose: () => void
}

const KINDS = ['webhook', 'slack', 'email'] as const

export function NewChannel({ project, onClose }: NewChannelProps) {
  const { t, language } = useI18n()
  const client = useQueryClient()
  const [draft, setDraft] = useState<Draft>(EMPTY)
  const [news, setNews] = useState<ChannelView['news']>([...USUAL_NEWS_KINDS])
  const [secret, setSecret] = useState<string>()
  const kindId = useId()
  const making = useMutation({
    async mutationFn() {
      const body = { name: draft.name.trim(), news, language, target: targetOf(draft) }
      const response = await change('POST', `/api/v1/projects/${encodeURIComponent(project)}/channels`, body)
      return parse(channelSetSchema, await response.json())
    },
    async onSuccess({ secret: made }) {
      await client.invalidateQueries({ queryKey: ['channels', project] })
      if (made === null) onClose()
      else setSecret(made)
    },
  })
  const set = (more: Partial<Draft>) => setDraft(before => ({ ...before, ...more }))
  if (secret !== undefined)
    return (
      <Dialog title={t('channels.secret')} onClose={onClose}>
        <p className="mb-2 text-sm">{t('channels.secretText')}</p>
        <p className="flex items-center font-mono text-xs break-all">
          {secret} <CopyButton text={secret} />
        </p>
        <div className="mt-4 flex justify-end">
          <Button onClick={onClose}>{t('common.close')}</Button>
        </div>
      </Dialog>
    )
  return (
    <Dialog title={t('channels.new')} onClose={onClose}>
      <form
        className="space-y-4"
        onSubmit={event => {
          event.preventDefault()
          making.mutate()
        }}
      >
        <Field
          label={t('channels.name')}
          autoFocus
          required
          autoComplete="off"
          value={draft.name}
          onChange={event => set({ name: event.target.value })}
        />
        <div>
          <label htmlFor={kindId} className="mb-1 block text-sm font-medium">
            {t('channels.kind')}
          </label>
          <select
            id={kindId}
            className={INPUT}
            value={draft.kind}
            onChange={event => set({ kind: KINDS.find(kind => kind === event.target.value) ?? 'webhook' })}
          >
            {KINDS.map(kind => (
              <option key={kind} value={kind}>
                {t(`channels.${kind}`)}
              </option>
            ))}
          </select>
        </div>
        <TargetFields draft={draft} set={set} />
        <NewsChoice chosen={news} choose={setNews} />
        {making.error && <Problem error={making.error} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t('common.cancel')}</Button>
          <Button type="submit" look="main" disabled={making.isPending || news.length === 0}>
            {t('channels.create')}
          </Button>
        </div>
      </form>
    </Dialog>
  )
}

interface NewsChoiceProps {
  readonly chosen: ChannelView['news']
  readonly choose: (news: ChannelView['news']) => void
}

function NewsChoice({ chosen, choose }: NewsChoiceProps) {
  const { t } = useI18n()
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">{t('channels.news')}</legend>
      <div className="grid grid-cols-2 gap-x-3 gap-y-1 text-sm">
        {NEWS.map(kind => (
          <label key={kind} className="flex items-center gap-1.5">
            <input
              type="checkbox"
              checked={chosen.includes(kind)}
              onChange={event =>
                choose(event.target.checked ? [...chosen, kind] : chosen.filter(other => other !== kind))
              }
            />
            {t(`news.${kind}`)}
          </label>
        ))}
      </div>
    </fieldset>
  )
}
