import type { Message } from '../words/facts.ts'

/**
 * Body of an incoming webhook as Slack takes it: `text` alone, which shows in notifications and wherever blocks are
 * not known. Slack's three control characters are escaped, so that no name mentions a channel or hides a link.
 */
export function slackBody({ title, reason, details, link }: Message): string {
  const lines = [
    `*${bold(title)}*`,
    ...(reason ? [escaped(reason)] : []),
    details.map(([label, value]) => `${escaped(label)}: ${escaped(value)}`).join(' · '),
    `<${link}>`,
  ]
  return JSON.stringify({ text: lines.join('\n') })
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** A star within would end it. */
function bold(text: string): string {
  return escaped(text).replaceAll('*', '∗')
}
