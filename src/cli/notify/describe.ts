import type { ChannelView, NoticeView } from '../../api/index.ts'
import { formatDuration } from '../../core/index.ts'
import { ago } from '../output/print.ts'
import { table } from '../output/table.ts'

export function describeChannels(channels: readonly ChannelView[]): string {
  if (channels.length === 0) return 'No channels. `ballast notify add` makes one.'
  return table(
    ['NAME', 'KIND', 'TO', 'NEWS', 'LANGUAGE', 'LAST'],
    channels.map(channel => [
      channel.name,
      channel.active ? channel.kind : `${channel.kind} (rests)`,
      channel.shown,
      newsOf(channel),
      channel.language,
      channel.last ? `${channel.last.state} ${ago(channel.last.triedAt ?? channel.last.at)}` : '–',
    ]),
  )
}

function newsOf({ news, environments, heldAfterMs }: ChannelView): string {
  const where = environments.length > 0 ? ` in ${environments.join(', ')}` : ''
  const held = heldAfterMs === null ? '' : `, held after ${formatDuration(heldAfterMs)}`
  return `${news.join(', ')}${held}${where}`
}

export function describeNotices(notices: readonly NoticeView[]): string {
  if (notices.length === 0) return 'Nothing was told yet.'
  return table(
    ['AT', 'STATE', 'TRIES', 'STATUS', 'WHAT', 'PROBLEM'],
    notices.map(({ at, state, tries, status, title, problem }) => [
      at,
      state,
      `${tries}`,
      status === null ? '–' : `${status}`,
      title,
      problem ?? '',
    ]),
  )
}

export function describeTest({ state, status, problem, tries }: NoticeView): string {
  if (state === 'sent') return `It was taken${status === null ? '' : ` (${status})`}.`
  const why = problem ?? 'nothing came back yet'
  if (state === 'given-up') return `It was not taken: ${why}.`
  return tries === 0
    ? 'It waits behind others; `ballast notify log` shows what becomes of it.'
    : `It was not taken: ${why}. It is tried again; \`ballast notify log\` shows what becomes of it.`
}
