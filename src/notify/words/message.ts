import type { Language } from '../types.ts'
import { chinese } from './chinese.ts'
import { english } from './english.ts'
import type { Facts, Message } from './facts.ts'

/** A reason may name many metrics; what does not fit is at the link. */
const MAX_TEXT = 1500

/**
 * The sentence of what happened. Names and reasons hold what people and models are called: control characters and
 * those that turn the direction of text become spaces, so that nothing forges a line or a header.
 */
export function messageOf(facts: Facts, language: Language): Message {
  const { title, reason, details, link } = language === 'zh' ? chinese(facts) : english(facts)
  return {
    title: plain(title),
    reason: plain(reason),
    details: details.map(([label, value]) => [label, plain(value)]),
    link,
  }
}

function plain(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu, ' ').trim()
  return line.length > MAX_TEXT ? `${line.slice(0, MAX_TEXT).toWellFormed()}…` : line
}
