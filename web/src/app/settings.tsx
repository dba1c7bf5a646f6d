import { useState } from 'react'
import { LANGUAGES, type Language, useI18n } from '../i18n/index.tsx'
import { chooseTheme, storedTheme, THEMES, type Theme } from './theme.ts'

const LOOK = 'rounded-md border border-line bg-surface px-1.5 py-1 text-xs text-ink'

export function LanguageChoice() {
  const { t, language, setLanguage } = useI18n()
  return (
    <select
      aria-label={t('app.language')}
      value={language}
      onChange={event => setLanguage(event.target.value as Language)}
      className={LOOK}
    >
      {Object.entries(LANGUAGES).map(([code, name]) => (
        <option key={code} value={code} lang={code}>
          {name}
        </option>
      ))}
    </select>
  )
}

export function ThemeChoice() {
  const { t } = useI18n()
  const [theme, setTheme] = useState(storedTheme)
  return (
    <select
      aria-label={t('app.theme')}
      value={theme}
      onChange={event => {
        const chosen = event.target.value as Theme
        setTheme(chosen)
        chooseTheme(chosen)
      }}
      className={LOOK}
    >
      {THEMES.map(each => (
        <option key={each} value={each}>
          {t(`app.theme.${each}`)}
        </option>
      ))}
    </select>
  )
}
