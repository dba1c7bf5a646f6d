import { useI18n } from '../../i18n/index.tsx'
import { Field } from '../../ui/field.tsx'
import type { Draft } from './draft.ts'

interface TargetFieldsProps {
  readonly draft: Draft
  readonly set: (more: Partial<Draft>) => void
}

export function TargetFields({ draft, set }: TargetFieldsProps) {
  const { t } = useI18n()
  const field = (name: Exclude<keyof Draft, 'kind'>, required = true) => ({
    required,
    autoComplete: 'off',
    spellCheck: false,
    value: draft[name],
    onChange: (event: { readonly target: { readonly value: string } }) => set({ [name]: event.target.value }),
  })
  if (draft.kind !== 'email')
    return (
      <Field
        label={t('channels.url')}
        hint={t(draft.kind === 'slack' ? 'channels.slackHint' : 'channels.webhookHint')}
        type="url"
        {...field('url')}
      />
    )
  return (
    <>
      <div className="grid grid-cols-[1fr_6rem] gap-2">
        <Field label={t('channels.host')} {...field('host')} />
        <Field label={t('channels.port')} inputMode="numeric" {...field('port')} />
      </div>
      <div className="grid grid-cols-2 gap-2">
        <Field label={t('channels.user')} {...field('user', false)} />
        <Field
          label={t('channels.password')}
          {...field('password', false)}
          type="password"
          autoComplete="new-password"
        />
      </div>
      <Field label={t('channels.from')} type="email" {...field('from')} />
      <Field label={t('channels.recipients')} hint={t('channels.recipientsHint')} {...field('to')} />
    </>
  )
}
