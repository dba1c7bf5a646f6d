import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Me } from '../../../src/api/views.ts'
import { change, forgetCsrf } from '../api/http.ts'
import { type LiveState, useLiveState } from '../api/live.tsx'
import { useI18n } from '../i18n/index.tsx'
import { Button } from '../ui/button.tsx'
import { Logo } from './logo.tsx'
import { LanguageChoice, ThemeChoice } from './settings.tsx'

export function Shell({ caller, children }: { readonly caller: Me; readonly children: ReactNode }) {
  const { t } = useI18n()
  return (
    <>
      <a
        href="#content"
        className="sr-only focus:not-sr-only focus:absolute focus:top-2 focus:left-2 focus:z-10 focus:bg-surface focus:px-3 focus:py-2"
      >
        {t('app.skip')}
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-7xl flex-wrap items-center gap-x-5 gap-y-1 px-4 py-2">
          <Link to="/" className="flex items-center gap-2 font-semibold tracking-tight">
            <Logo /> Ballast
          </Link>
          <Navigation />
          <div className="ml-auto flex flex-wrap items-center gap-3 text-sm">
            <Live />
            <LanguageChoice />
            <ThemeChoice />
            <span className="text-soft">{caller.name}</span>
            <LogOut />
          </div>
        </div>
      </header>
      <main id="content" tabIndex={-1} className="mx-auto max-w-7xl px-4 py-5 outline-none">
        {children}
      </main>
      <footer className="mx-auto max-w-7xl px-4 pb-6 text-xs text-soft">
        Ballast {caller.server.version}
      </footer>
    </>
  )
}

function Navigation() {
  const { t } = useI18n()
  const look =
    'rounded-md px-2 py-1 text-sm text-soft hover:bg-raised hover:text-ink aria-[current=page]:bg-raised aria-[current=page]:font-medium aria-[current=page]:text-ink'
  return (
    <nav aria-label={t('app.main')} className="flex gap-1">
      <Link to="/" activeOptions={{ exact: true }} className={look}>
        {t('app.fleet')}
      </Link>
      <Link to="/projects" className={look}>
        {t('app.projects')}
      </Link>
      <Link to="/deployments" className={look}>
        {t('app.deployments')}
      </Link>
      <Link to="/tokens" className={look}>
        {t('app.tokens')}
      </Link>
    </nav>
  )
}

const LIVE_DOT: Readonly<Record<LiveState, string>> = {
  live: 'bg-good',
  connecting: 'bg-quiet',
  reconnecting: 'bg-warn animate-pulse',
}

function Live() {
  const { t } = useI18n()
  const state = useLiveState()
  return (
    <span role="status" className="flex items-center gap-1.5 text-xs text-soft">
      <span aria-hidden="true" className={`size-2 rounded-full ${LIVE_DOT[state]}`} />
      {t(`live.${state}`)}
    </span>
  )
}

function LogOut() {
  const { t } = useI18n()
  const client = useQueryClient()
  const logOut = async () => {
    await change('DELETE', '/api/v1/session').catch(() => undefined)
    forgetCsrf()
    // What this person could see goes with the session.
    client.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== 'me' })
    await client.resetQueries({ queryKey: ['me'] })
  }
  return (
    <Button look="bare" onClick={() => void logOut()}>
      {t('app.logout')}
    </Button>
  )
}
