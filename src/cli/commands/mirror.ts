import { readFile } from 'node:fs/promises'
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
  readonly sshKey?: string
  readonly hostKey?: string
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
    .option('--ssh-key <file>', 'private key without a passphrase, for an ssh:// address')
    .option('--host-key <file>', 'public key that the host shows: a line such as `ssh-ed25519 AAAA…`')
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
  const credentials = await credentialsOf(options)
  const body = {
    url,
    ...(options.forge && { forge: options.forge }),
    ...(options.api && { apiUrl: options.api }),
    ...(credentials !== undefined && { credentials }),
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

/** Undefined: those that are there stay. */
async function credentialsOf({ credentials, user, sshKey, hostKey }: Set) {
  if (!credentials) return null
  if (user === undefined && sshKey === undefined) return undefined
  return {
    user: user ?? '',
    token: user === undefined ? '' : (await text(process.stdin)).trim(),
    ...(sshKey !== undefined && {
      ssh: {
        key: (await readFile(sshKey, 'utf8')).replaceAll('\r\n', '\n'),
        hostKey: hostKey === undefined ? '' : hostKeyOf(await readFile(hostKey, 'utf8')),
      },
    }),
  }
}

/** Of a public key's file, or a line of known_hosts: its type and text. */
function hostKeyOf(line: string): string {
  return /(ssh-ed25519|ssh-rsa|ecdsa-sha2-\w+) [A-Za-z0-9+/]+=*/.exec(line)?.[0] ?? line.trim()
}

async function show(project: string, { json }: Json): Promise<void> {
  print(await (await remote()).get(pathOf(project), mirrorViewSchema), json, describe)
}

function describe(mirror: MirrorView): string {
  return [
    `remote      ${mirror.url} (${mirror.forge}${mirror.hasCredentials ? ', with credentials' : ''})`,
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
