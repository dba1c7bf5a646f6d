import { Command } from 'commander'
import { z } from 'zod'
import { type AliasView, aliasViewSchema } from '../../api/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

export function aliasCommand(): Command {
  const command = new Command('alias').description('names of versions: champion, challenger, your own')
  command
    .command('list')
    .description('every name that points at a version of the model')
    .argument('<model>')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('set')
    .description('point a name at a version')
    .argument('<model>')
    .argument('<name>')
    .argument('<version>', 'v3, production, sha256:…, commit:…')
    .option('--expected <version>', 'only from there; without it: from where it is as this command begins')
    .option('--protect', 'from now on maintainers alone move it')
    .option('--unprotect', 'from now on developers move it again')
    .option('--reason <text>', 'kept in the history')
    .option('--json', 'for machines')
    .action(set)
  command
    .command('remove')
    .description('take a name away; the version stays')
    .argument('<model>')
    .argument('<name>')
    .option('--expected <version>', 'only from there')
    .option('--reason <text>', 'kept in the history')
    .action(remove)
  return command
}

const pathOf = (model: string) => `/models/${encodeURIComponent(model)}/aliases`

async function list(model: string, { json }: Json): Promise<void> {
  print(await aliasesOf(model), json, all =>
    all.length === 0
      ? `No version of ${model} has a name.`
      : table(['NAME', 'VERSION', 'KEPT BY', 'MOVED', 'BY'], all.map(rowOf)),
  )
}

async function aliasesOf(model: string): Promise<readonly AliasView[]> {
  return (await remote()).get(pathOf(model), z.array(aliasViewSchema))
}

function rowOf({ name, version, kind, protected: guarded, movedAt, movedBy }: AliasView): readonly string[] {
  const keeper = kind === 'own' ? (guarded ? 'maintainers' : 'developers') : 'Ballast'
  return [name, `v${version.number}`, keeper, ago(movedAt), movedBy ?? '–']
}

interface SetOptions extends Json {
  readonly expected?: string
  readonly protect?: boolean
  readonly unprotect?: boolean
  readonly reason?: string
}

async function set(model: string, name: string, version: string, options: SetOptions): Promise<void> {
  const { expected, protect, unprotect, reason, json } = options
  const there = (await aliasesOf(model)).find(alias => alias.kind === 'own' && alias.name === name)
  const guard = protect ? true : unprotect ? false : undefined
  const view = await (await remote()).send(
    'PUT',
    `${pathOf(model)}/${encodeURIComponent(name)}`,
    {
      version,
      // Whoever else moves it in this very moment is told, or this command is.
      expected: expected ?? (there ? there.version.id : null),
      ...(guard !== undefined && { protected: guard }),
      ...(reason !== undefined && { reason }),
    },
    aliasViewSchema,
  )
  const before = there ? `v${there.version.number}` : 'nothing'
  print(view, json, now => `${model}@${now.name}: ${before} -> v${now.version.number}`)
}

async function remove(
  model: string,
  name: string,
  { expected, reason }: { readonly expected?: string; readonly reason?: string },
): Promise<void> {
  const there = (await aliasesOf(model)).find(alias => alias.kind === 'own' && alias.name === name)
  const from = expected ?? there?.version.id
  const query = new URLSearchParams({
    ...(from !== undefined && { expected: from }),
    ...(reason !== undefined && { reason }),
  })
  await (await remote()).tell('DELETE', `${pathOf(model)}/${encodeURIComponent(name)}?${query}`)
  process.stdout.write(
    `${model}@${name} is no name any more${there ? `; it was v${there.version.number}` : ''}\n`,
  )
}
