import { Command } from 'commander'
import { z } from 'zod'
import {
  type ChannelView,
  channelSetSchema,
  channelViewSchema,
  NEWS,
  NOTIFY_ALLOWANCES,
  noticeViewSchema,
  notifySettingsSchema,
} from '../../api/index.ts'
import { parseDuration } from '../../core/index.ts'
import { describeChannels, describeNotices, describeTest } from '../notify/describe.ts'
import { type TargetFlags, targetOf } from '../notify/target.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

interface Settings extends TargetFlags, Json {
  readonly news?: readonly string[]
  readonly environment?: readonly string[]
  readonly language?: string
  readonly heldAfter?: number
  readonly rest?: boolean
  readonly wake?: boolean
}

export function notifyCommand(): Command {
  const command = new Command('notify').description(
    'notifications: where news of rollouts, approvals and pipelines of a project go',
  )
  command
    .command('list')
    .description('channels of a project, and whether they took what they were told')
    .argument('<project>')
    .option('--json', 'for machines')
    .action(list)
  settings(
    command
      .command('add')
      .description('tell news to a webhook, a chat with a Slack-compatible webhook, or mailboxes')
      .argument('<project>')
      .argument('<name>')
      .argument('<kind>', 'webhook, slack or email'),
  ).action(add)
  settings(
    command
      .command('change')
      .description('what is not named stays')
      .argument('<project>')
      .argument('<name>')
      .option('--rest', 'tell it nothing for now')
      .option('--wake', 'tell it again'),
  ).action(change)
  command
    .command('remove')
    .description('tell it nothing any more; what waits for it is forgotten')
    .argument('<project>')
    .argument('<name>')
    .action(remove)
  command
    .command('test')
    .description('tell it that this is a test, and say what came of it')
    .argument('<project>')
    .argument('<name>')
    .option('--json', 'for machines')
    .action(test)
  command
    .command('log')
    .description('what it was told, and what came of it')
    .argument('<project>')
    .argument('<name>')
    .option('--limit <count>', 'of the newest', '20')
    .option('--json', 'for machines')
    .action(log)
  command
    .command('allow')
    .description('what channels may reach beside encryption at public addresses; admins of the server only')
    .argument('[what...]', `of ${NOTIFY_ALLOWANCES.join(', ')}; or none`)
    .action(allow)
  return command
}

function settings(command: Command): Command {
  return command
    .option(
      '--url <url>',
      'of a webhook or chat; - reads it from standard input: whoever knows that of a chat may post there',
    )
    .option('--smtp <host:port>', 'the mail server')
    .option('--security <how>', 'tls, starttls or plain; by default tls at port 465 and starttls at others')
    .option('--user <name>', 'of the mail server; its password is read from standard input')
    .option('--from <address>', 'the sender')
    .option('--to <address...>', 'who gets the letters')
    .option('--news <kinds...>', `of ${NEWS.join(', ')}`)
    .option('--environment <patterns...>', 'only of these environments; by default all but previews')
    .option('--language <language>', 'of the sentences: en or zh')
    .option(
      '--held-after <duration>',
      'a rollout that stands still for so long is rollout.held',
      parseDuration,
    )
    .option('--json', 'for machines')
}

const pathOf = (project: string, name?: string) =>
  `/projects/${encodeURIComponent(project)}/channels${name === undefined ? '' : `/${encodeURIComponent(name)}`}`

async function list(project: string, { json }: Json): Promise<void> {
  const channels = await (await remote()).get(pathOf(project), z.array(channelViewSchema))
  print(channels, json, describeChannels)
}

async function add(project: string, name: string, kind: string, flags: Settings): Promise<void> {
  const target = await targetOf(kind, { ...flags, ...(kind !== 'email' && { url: flags.url ?? '-' }) })
  const body = { name, target, ...bodyOf(flags) }
  const answer = await (await remote()).send('POST', pathOf(project), body, channelSetSchema)
  print(answer, flags.json, describeSet)
}

async function change(project: string, name: string, flags: Settings): Promise<void> {
  const client = await remote()
  const channels = await client.get(pathOf(project), z.array(channelViewSchema))
  const kind = channels.find(channel => channel.name === name)?.kind
  const target = kind && (await targetOf(kind, flags))
  const body = { ...bodyOf(flags), ...(target && { target }) }
  const answer = await client.send('PUT', pathOf(project, name), body, channelSetSchema)
  print(answer, flags.json, describeSet)
}

function bodyOf({ news, environment, language, heldAfter, rest, wake }: Settings) {
  return {
    ...(news && { news: news.flatMap(kinds => kinds.split(',')) }),
    ...(environment && { environments: environment.flatMap(patterns => patterns.split(',')) }),
    ...(language && { language }),
    ...(heldAfter !== undefined && { heldAfterMs: heldAfter }),
    ...(rest && { active: false }),
    ...(wake && { active: true }),
  }
}

function describeSet({
  channel,
  secret,
}: {
  readonly channel: ChannelView
  readonly secret: string | null
}): string {
  return [
    describeChannels([channel]),
    ...(secret === null
      ? []
      : ['', 'What it is told is signed with this secret, which is not shown again:', secret]),
  ].join('\n')
}

async function remove(project: string, name: string): Promise<void> {
  await (await remote()).tell('DELETE', pathOf(project, name))
  process.stdout.write(`${name} is told nothing any more.\n`)
}

/** How long a test is waited for: one try takes 15 seconds at most. */
const TEST_MS = 20_000
const ASK_EVERY_MS = 300

async function test(project: string, name: string, { json }: Json): Promise<void> {
  const client = await remote()
  const { id } = await client.send('POST', `${pathOf(project, name)}/test`, {}, noticeViewSchema)
  const until = Date.now() + TEST_MS
  for (;;) {
    const notices = await client.get(`${pathOf(project, name)}/notices?limit=200`, z.array(noticeViewSchema))
    const notice = notices.find(each => each.id === id)
    if (notice && (notice.tries > 0 || Date.now() > until)) {
      print(notice, json, describeTest)
      if (notice.state !== 'sent') process.exitCode = 1
      return
    }
    await new Promise(resolve => setTimeout(resolve, ASK_EVERY_MS))
  }
}

async function log(
  project: string,
  name: string,
  { limit, json }: Json & { readonly limit: string },
): Promise<void> {
  const path = `${pathOf(project, name)}/notices?limit=${encodeURIComponent(limit)}`
  print(await (await remote()).get(path, z.array(noticeViewSchema)), json, describeNotices)
}

async function allow(what: readonly string[]): Promise<void> {
  const client = await remote()
  if (what.length > 0)
    await client.tell('PUT', '/settings/notifications', { allow: what.filter(name => name !== 'none') })
  const { allow } = await client.get('/settings/notifications', notifySettingsSchema)
  process.stdout.write(`encryption at public addresses${allow.map(name => `, ${name}`).join('')}\n`)
}
