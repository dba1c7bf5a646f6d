import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { type Format, formatter } from './format.ts'
import { type Language, LOCALES, preferredLanguage, type Translate, translator } from './translate.ts'

export { LANGUAGES, type Language, type Translate } from './translate.ts'

export interface I18n {
  readonly t: Translate
  readonly format: Format
  readonly language: Language
  setLanguage(language: Language): void
}

const STORED = 'ballast.language'
const Context = createContext<I18n | undefined>(undefined)

function storedLanguage(): Language {
  const stored = localStorage.getItem(STORED)
  return stored === 'en' || stored === 'zh' ? stored : preferredLanguage(navigator.languages)
}

export function I18nProvider({ children }: { readonly children: ReactNode }) {
  const [language, setLanguage] = useState(storedLanguage)
  useEffect(() => {
    document.documentElement.lang = LOCALES[language]
  }, [language])
  const value = useMemo<I18n>(
    () => ({
      t: translator(language),
      format: formatter(language),
      language,
      setLanguage(next) {
        localStorage.setItem(STORED, next)
        setLanguage(next)
      },
    }),
    [language],
  )
  return <Context value={value}>{children}</Context>
}

export function useI18n(): I18n {
  const i18n = useContext(Context)
  if (!i18n) throw new TypeError('useI18n outside of I18nProvider')
  return i18n
}
