import { Command } from 'commander'
import { z } from 'zod'
import { projectSchema, protectedRefsSchema } from '../../api/index.ts'
import { print } from '../output/print.ts'
import { table } from '../output/table.ts'
import { remote } from '../remote/settings.ts'

interface Json {
  readonly json?: boolean
}

export function projectCommand(): Command {
  const command = new Command('project').description(
    'projects: a git repository, its models and who may do what',
  )
  command
    .command('list')
    .description('projects that you may read')
    .option('--json', 'for machines')
    .action(list)
  command
    .command('create')
    .description('make a project with an empty repository')
    .argument('<name>', 'digits or team/digits')
    .option('--default-branch <branch>', 'the protected branch that production deploys from', 'main')
    .option('--json', 'for machines')
    .action(create)
  command
    .command('delete')
    .description('delete a project whose models serve nowhere')
    .argument('<name>')
    .action(remove)
  command
    .command('member')
    .description('give a principal a role in a project, or take it')
    .argument('<project>')
    .argument('<principal>')
    .argument('<role>', 'reader, developer, maintainer, admin, or none')
    .action(setMember)
  command
    .command('protect')
    .description(
      'protect refs beside the default branch: only maintainers move them, and their jobs get secrets',
    )
    .argument('<project>')
    .option('--branch <pattern...>', 'such as release/*; none takes the protection away')
    .option('--tag <pattern...>', 'such as v*; none takes the protection away')
    .option('--json', 'for machines')
    .action(protect)
  return command
}

async function list({ json }: Json): Promise<void> {
  const projects = await (await remote()).get('/projects', z.array(projectSchema))
  print(projects, json, all =>
    all.length === 0
      ? 'No projects yet: `ballast project create NAME`, or push to a new one.'
      : table(
          ['PROJECT', 'ROLE', 'REMOTE'],
          all.map(({ name, role, remote }) => [name, role ?? '–', remote]),
        ),
  )
}

async function create(
  name: string,
  { defaultBranch, json }: Json & { readonly defaultBranch: string },
): Promise<void> {
  const project = await (await remote()).send('POST', '/projects', { name, defaultBranch }, projectSchema)
  print(
    project,
    json,
    ({ remote }) =>
      `Made ${name}. Push to it:\n\n  git remote add ballast ${remote}\n  git push ballast ${defaultBranch}\n\nUser name: anything; password: a token with the scope push.`,
  )
}

async function remove(name: string): Promise<void> {
  await (await remote()).tell('DELETE', `/projects/${encodeURIComponent(name)}`)
  process.stdout.write(`Deleted ${name}.\n`)
}

async function setMember(project: string, principal: string, role: string): Promise<void> {
  await (await remote()).tell(
    'PUT',
    `/projects/${encodeURIComponent(project)}/members/${encodeURIComponent(principal)}`,
    { role: role === 'none' ? null : role },
  )
  process.stdout.write(
    role === 'none'
      ? `${principal} has no role in ${project} now.\n`
      : `${principal} is ${role} of ${project}.\n`,
  )
}

/** What is not named stays as it is; without any option it only shows. */
async function protect(
  project: string,
  { branch, tag, json }: Json & { readonly branch?: readonly string[]; readonly tag?: readonly string[] },
): Promise<void> {
  const client = await remote()
  const path = `/projects/${encodeURIComponent(project)}/protected-refs`
  const { branches, tags } = await client.get(path, protectedRefsSchema)
  const asked = (given: readonly string[] | undefined, now: readonly string[]) =>
    given?.filter(pattern => pattern !== 'none') ?? now
  const wanted = { branches: asked(branch, branches), tags: asked(tag, tags) }
  if (branch || tag) await client.tell('PUT', path, wanted)
  print(wanted, json, () =>
    [
      `branches   the default branch${wanted.branches.map(name => `, ${name}`).join('')}`,
      `tags       ${wanted.tags.join(', ') || 'none'}`,
    ].join('\n'),
  )
}
