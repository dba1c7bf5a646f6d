import { Command } from 'commander'
import { z } from 'zod'
import { type ReleaseView, releaseViewSchema } from '../../api/index.ts'
import { ago, print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

export function releaseCommand(): Command {
  const command = new Command('release').description('releases that jobs have made')
  command
    .command('list')
    .description('the latest releases of a project')
    .argument('<project>')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('show')
    .description('one release')
    .argument('<project>')
    .argument('<tag>')
    .option('--json', 'for machines')
    .action(show)
  return command
}

const pathOf = (project: string) => `/projects/${encodeURIComponent(project)}/releases`

async function list(project: string, { json }: Json): Promise<void> {
  const releases = await (await remote()).get(pathOf(project), z.array(releaseViewSchema))
  print(releases, json, all =>
    all.length === 0
      ? 'No releases yet: a job with `release:` makes one when it succeeds.'
      : table(['TAG', 'NAME', 'RELEASED', 'COMMIT', 'BY'], all.map(rowOf)),
  )
}

function rowOf({ tag, name, releasedAt, commit, by }: ReleaseView): readonly string[] {
  return [tag, name.slice(0, 60), ago(releasedAt), commit.slice(0, 8), by]
}

async function show(project: string, tag: string, { json }: Json): Promise<void> {
  const path = `${pathOf(project)}/${encodeURIComponent(tag)}`
  print(await (await remote()).get(path, releaseViewSchema), json, release =>
    [
      `${release.tag}  ${release.name}`,
      `commit      ${release.commit}`,
      `released    ${release.releasedAt} by ${release.by}, pipeline #${release.pipeline.number}`,
      ...(release.milestones.length > 0 ? [`milestones  ${release.milestones.join(', ')}`] : []),
      ...release.links.map(({ name, url, type }) => `${type.padEnd(11)} ${name}: ${url}`),
      '',
      release.description,
    ].join('\n'),
  )
}
