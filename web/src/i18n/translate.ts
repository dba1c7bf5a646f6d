import { en, type MessageKey } from './en.ts'
import type { Message } from './message.ts'
import { zh } from './zh.ts'

export type Language = 'en' | 'zh'
export const LANGUAGES: Readonly<Record<Language, string>> = { en: 'English', zh: '简体中文' }
/** BCP 47 tags for Intl. */
export const LOCALES: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-CN' }

const messages: Readonly<Record<Language, Record<MessageKey, Message>>> = { en, zh }

/** The `{names}` in a message, read off its type: forgetting one is a type error. */
type Names<Text> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never
type TextsOf<M> = M extends string ? M : M[keyof M]
type Values<Key extends MessageKey> = { readonly [Name in Names<TextsOf<(typeof en)[Key]>>]: string | number }
type Given<Key extends MessageKey> = [keyof Values<Key>] extends [never]
  ? readonly []
  : readonly [values: Values<Key>]

export type Translate = <Key extends MessageKey>(key: Key, ...given: Given<Key>) => string

/** `t('tokens.days', { n: 3 })`. The form of a counted message is chosen by `n`, by the language's own rules. */
export function translator(language: Language): Translate {
  const plural = new Intl.PluralRules(LOCALES[language])
  const number = new Intl.NumberFormat(LOCALES[language])
  return (key, ...given) => {
    const message: Message = messages[language][key]
    const values = (given[0] ?? {}) as Readonly<Record<string, string | number>>
    const text =
      typeof message === 'string'
        ? message
        : message[plural.select(Number(values['n'])) === 'one' ? 'one' : 'other']
    return text.replace(/\{(\w+)\}/g, (_, name: string) => {
      const value = values[name]
      return name === 'n' && typeof value === 'number' ? number.format(value) : String(value)
    })
  }
}

/** The first language of the browser's list that is spoken here. */
export function preferredLanguage(wanted: readonly string[]): Language {
  for (const tag of wanted) {
    if (/^zh\b/i.test(tag)) return 'zh'
    if (/^en\b/i.test(tag)) return 'en'
  }
  return 'en'
}
