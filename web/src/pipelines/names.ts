import type { Translate } from '../i18n/index.tsx'

export const shortCommit = (commit: string): string => commit.slice(0, 8)

/** refs/heads/main → main, refs/merge-requests/3/head → !3 */
export const shortRef = (ref: string): string =>
  ref.replace(/^refs\/(heads|tags)\//, '').replace(/^refs\/merge-requests\/(\d+)\/head$/, '!$1')

const EVENTS = ['push', 'tag', 'merge_request', 'schedule', 'manual', 'api', 'upstream', 'child'] as const

/** What set a pipeline going; an event that this page does not know is told as it is. */
export function eventName(t: Translate, event: string): string {
  const known = EVENTS.find(name => name === event)
  return known ? t(`event.${known}`) : event
}
