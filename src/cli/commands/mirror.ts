import { text } from 'node:stream/consumers'
import { Command } from 'commander'
import {
  MIRROR_ALLOWANCES,
  type MirrorView,
  mirrorSetSchema,
  mirrorSettingsSchema,
  mirrorViewSchema,
} from '../../api/index.ts'
import { ago, print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

interface Set extends Json {
  readonly forge?: string
  readonly api?: string
  readonly user?: string
  readonly credentials: boolean
  readonly statuses: boolean
  readonly newHook?: boolean
}

/** The token comes by standard input, never as an argument: arguments are seen by the whole machine. */
export function mirrorCommand(): Command {
  const command = new Command('mirror').description(
    'mirrors: a project whose branches come from GitHub, GitLab, Gitea or Forgejo',
  )
  command
    .command('set')
    .description('follow a repository there; with --user its token is read from standard input')
    .argument('<project>')
    .argument('<url>', 'https://… of the repository, without credentials')
    .option('--forge <kind>', 'github, gitlab or gitea (Forgejo too), where the address does not tell')
    .option('--api <url>', 'of its API, where it is not at the usual place')
    .option('--user <name>', 'whose token it is; the token reads the repository and writes statuses')
    .option('--no-credentials', 'forget the token')
    .option('--no-statuses', 'tell the forge nothing of pipelines')
    .option('--new-hook', 'make another address and secret for its webhook')
    .option('--json', 'for machines')
    .action(set)
  command
    .command('show')
    .description('where it comes from, and what the last look at it came to')
    .argument('<project>')
    .option('--json', 'for machines')
    .action(show)
  command.command('sync').description('look at the remote now').argument('<project>').action(sync)
  command
    .command('remove')
    .description('follow it no more; what was taken over stays')
    .argument('<project>')
    .action(remove)
  command
    .command('allow')
    .description('what mirrors may reach beside https on public addresses; admins of the server only')
    .argument('[what...]', `of ${MIRROR_ALLOWANCES.join(', ')}; or none`)
    .action(allow)
  return command
}

const pathOf = (project: string) => `/projects/${encodeURIComponent(project)}/mirror`

async function set(project: string, url: string, options: Set): Promise<void> {
  const token = options.user === undefined ? undefined : (await text(process.stdin)).trim()
  const credentials = !options.credentials
    ? { credentials: null }
    : token === undefined
      ? {}
      : { credentials: { user: options.user, token } }
  const body = {
    url,
    ...(options.forge && { forge: options.forge }),
    ...(options.api && { apiUrl: options.api }),
    ...credentials,
    statuses: options.statuses,
    newHook: options.newHook ?? false,
  }
  const answer = await (await remote()).send('PUT', pathOf(project), body, mirrorSetSchema)
  print(answer, options.json, ({ mirror, hookSecret }) =>
    [
      describe(mirror),
      ...(hookSecret
        ? [
            '',
            `Make a webhook there with the address above and this secret, which is not shown again:`,
            hookSecret,
          ]
        : []),
    ].join('\n'),
  )
}

async function show(project: string, { json }: Json): Promise<void> {
  print(await (await remote()).get(pathOf(project), mirrorViewSchema), json, describe)
}

function describe(mirror: MirrorView): string {
  return [
    `remote      ${mirror.url} (${mirror.forge}${mirror.hasCredentials ? ', with a token' : ''})`,
    `webhook     ${mirror.hookUrl}`,
    `statuses    ${mirror.statuses ? 'told' : 'not told'}`,
    `owner       ${mirror.owner}`,
    `looked at   ${ago(mirror.syncedAt)}${mirror.due ? ', due' : ''}`,
    `outcome     ${mirror.outcome ?? '–'}`,
  ].join('\n')
}

async function sync(project: string): Promise<void> {
  await (await remote()).tell('POST', `${pathOf(project)}/sync`)
  process.stdout.write(`It is looked at now; \`ballast mirror show ${project}\` says what came of it.\n`)
}

async function remove(project: string): Promise<void> {
  await (await remote()).tell('DELETE', pathOf(project))
  process.stdout.write(`${project} follows nothing any more.\n`)
}

async function allow(what: readonly string[]): Promise<void> {
  const client = await remote()
  if (what.length > 0)
    await client.tell('PUT', '/settings/mirrors', { allow: what.filter(name => name !== 'none') })
  const { allow } = await client.get('/settings/mirrors', mirrorSettingsSchema)
  process.stdout.write(`https on public addresses${allow.map(name => `, ${name}`).join('')}\n`)
}
