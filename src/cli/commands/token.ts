import { Command } from 'commander'
import { z } from 'zod'
import { formatLimits } from '../../access/index.ts'
import { tokenViewSchema } from '../../api/index.ts'
import { parseDuration } from '../../core/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { limitsAsked } from '../remote/limits.ts'
import { remote } from '../remote/settings.ts'

interface Create {
  readonly scopes: string
  readonly project?: string
  readonly principal?: string
  readonly expires?: string
  readonly rate?: string
  readonly burst?: number
  readonly quota?: string
  readonly priority?: number
  readonly json?: boolean
}

export function tokenCommand(): Command {
  const command = new Command('token').description('tokens: what scripts, git and people come with')
  command
    .command('list')
    .description('your tokens; all of them for an admin')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('create')
    .description('make a token; its secret is shown once')
    .argument('<name>', 'what it is for')
    .requiredOption('--scopes <list>', 'of read, push, predict, deploy, trigger, admin; comma-separated')
    .option('--project <name>', 'reaches this project only')
    .option('--principal <name>', 'for somebody else; admins only')
    .option('--expires <duration>', 'such as 30d')
    .option('--rate <rate>', 'predictions at most, such as 100/s or 30/min')
    .option('--burst <requests>', 'that may come at once; by default as many as the rate names', Number)
    .option('--quota <quota>', 'predictions of a day or month at most, such as 1000000/day')
    .option('--priority <level>', 'best Ballast-Priority that it may ask for, 1 first; admins only', Number)
    .option('--json', 'for machines')
    .action(create)
  command
    .command('revoke')
    .description('a revoked token stops working at once')
    .argument('<id>')
    .action(revoke)
  return command
}

async function list({ json }: { readonly json?: boolean }): Promise<void> {
  const tokens = await (await remote()).get('/tokens', z.array(tokenViewSchema))
  print(tokens, json, all =>
    table(
      ['ID', 'NAME', 'OWNER', 'SCOPES', 'PROJECT', 'LIMITS', 'LAST USED', 'STATE'],
      all.map(token => [
        token.id,
        token.name,
        token.principal,
        token.scopes.join(','),
        token.project ?? 'any',
        formatLimits(token.limits),
        ago(token.lastUsedAt),
        token.revokedAt ? 'revoked' : 'valid',
      ]),
    ),
  )
}

async function create(name: string, asked: Create): Promise<void> {
  const { scopes, project, principal, expires, json } = asked
  const limits = limitsAsked(asked)
  const body = {
    name,
    scopes: scopes.split(',').map(scope => scope.trim()),
    ...(project && { project }),
    ...(principal && { principal }),
    ...(expires && { expiresInMs: parseDuration(expires) }),
    ...(limits && { limits }),
  }
  const made = await (await remote()).send(
    'POST',
    '/tokens',
    body,
    z.object({ secret: z.string(), token: tokenViewSchema }),
  )
  print(made, json, ({ secret }) => `${secret}\n\nKeep it: it is not shown again.`)
}

async function revoke(id: string): Promise<void> {
  await (await remote()).tell('DELETE', `/tokens/${encodeURIComponent(id)}`)
  process.stdout.write(`Revoked ${id}.\n`)
}
