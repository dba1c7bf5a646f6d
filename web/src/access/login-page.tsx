import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { forgetCsrf, send } from '../api/http.ts'
import { Logo } from '../app/logo.tsx'
import { LanguageChoice, ThemeChoice } from '../app/settings.tsx'
import { useI18n } from '../i18n/index.tsx'
import { Button } from '../ui/button.tsx'
import { Field } from '../ui/field.tsx'
import { Problem } from '../ui/problem.tsx'

/** A token once; after it a cookie that no script reads. */
export function LoginPage() {
  const { t } = useI18n()
  const client = useQueryClient()
  const [token, setToken] = useState('')
  const login = useMutation({
    mutationFn: () =>
      send('/api/v1/session', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: token.trim() }),
      }),
    async onSuccess() {
      forgetCsrf()
      await client.resetQueries({ queryKey: ['me'] })
    },
  })
  return (
    <main className="mx-auto flex min-h-screen max-w-sm flex-col justify-center gap-6 px-4 py-10">
      <div>
        <div className="flex items-center gap-3">
          <Logo size={36} />
          <span className="text-2xl font-semibold tracking-tight">Ballast</span>
        </div>
        <p className="mt-3 text-soft">{t('login.tagline')}</p>
      </div>
      <form
        className="space-y-4 rounded-lg border border-line bg-surface p-5"
        onSubmit={event => {
          event.preventDefault()
          login.mutate()
        }}
      >
        <h1 className="text-base font-semibold">{t('login.title')}</h1>
        <Field
          label={t('login.token')}
          hint={t('login.where')}
          type="password"
          autoComplete="current-password"
          placeholder="blst_…"
          required
          autoFocus
          value={token}
          onChange={event => setToken(event.target.value)}
        />
        {login.error && <Problem error={login.error} />}
        <Button type="submit" look="main" className="w-full py-1.5" disabled={login.isPending}>
          {t('login.submit')}
        </Button>
      </form>
      <div className="flex gap-2">
        <LanguageChoice />
        <ThemeChoice />
      </div>
    </main>
  )
}
