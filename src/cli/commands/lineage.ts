import { Command } from 'commander'
import { type LineageView, lineageSchema } from '../../api/index.ts'
import { clean } from '../output/clean.ts'
import { print } from '../output/print.ts'
import { remote } from '../remote/settings.ts'
import { versionNamed } from '../versions/named.ts'

export function lineageCommand(): Command {
  return new Command('lineage')
    .description('what a version came from: parents, data, the job that trained it')
    .argument('<model@version>', 'such as digits@v3 or digits@production; without @ the latest')
    .option('--json', 'for machines')
    .action(run)
}

async function run(name: string, { json }: { readonly json?: boolean }): Promise<void> {
  const client = await remote()
  const { id } = await versionNamed(client, name)
  print(await client.get(`/versions/${id}/lineage`, lineageSchema), json, describe)
}

const WHY = { commit: 'of the nearest commit before', production: 'served in production then' } as const

function describe(lineage: LineageView): string {
  const { model, version, commit, createdAt, ancestors, children, production } = lineage
  const { data, training, config, imported } = lineage
  const facts = [
    ...(training
      ? [`trained by ${training.name}, attempt ${training.attemptNumber} (${training.job}): ${training.file}`]
      : []),
    ...data.map(({ role, path, digest }) => `${role} data ${path === '' ? '' : `${path} `}${digest}`),
    ...(config === null ? [] : [`configuration ${config}`]),
    ...(production ? [`production served v${production.number}`] : []),
    ...(imported ? [`imported from ${imported.server}, where it was v${imported.number}`] : []),
    ...(children.length > 0 ? [`children ${children.map(({ number }) => `v${number}`).join(', ')}`] : []),
  ]
  const tree = ancestors.map(
    ({ number, why, commit, createdAt, expired }, depth) =>
      `${'   '.repeat(depth)}└─ v${number}  ${commit.slice(0, 8)}  ${createdAt}  ${WHY[why]}${expired ? ', expired' : ''}`,
  )
  return [
    `${model} v${version.number}  ${commit.slice(0, 8)}  ${createdAt}`,
    ...facts.map(fact => `   ${clean(fact)}`),
    ...tree,
  ].join('\n')
}
