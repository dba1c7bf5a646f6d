import type { Message } from '../words/facts.ts'

export interface Mail {
  readonly subject: string
  readonly text: string
}

/** Mail clients cut longer ones. */
const MAX_SUBJECT = 200

export function mailOf({ title, reason, details, link }: Message): Mail {
  const rows = details.map(([label, value]) => `${label}: ${value}`)
  const text = [title, ...(reason ? ['', reason] : []), '', ...rows, '', link, ''].join('\n')
  return { subject: `[Ballast] ${title}`.slice(0, MAX_SUBJECT).toWellFormed(), text }
}
