import { BallastError, messageOf } from '../../../core/index.ts'
import type { Fetched, IncludeSources } from '../../../pipeline/index.ts'
import { commitOf } from '../tree/changes.ts'
import { readConfined } from '../tree/files.ts'
import { git, zeroSeparated } from '../tree/git.ts'
import { readFolder } from '../tree/repository.ts'
import { fetchRemote } from './remote.ts'

/** One file of configuration; GitLab's own limit is 1 MB. */
const MAX_INCLUDED_BYTES = 1024 * 1024

/** Where other projects lie on this machine, by name. */
export type ProjectPaths = ReadonlyMap<string, string>

/** Included files of a laptop: of projects that were named with `--project-path`, and by HTTPS. */
export function localIncludes(projects: ProjectPaths): IncludeSources {
  return {
    project: (project, file, ref) => fromProject(projects, project, [file], ref),
    list: (project, ref) => listProject(projects, project, ref),
    component: (project, component, version) =>
      fromProject(
        projects,
        project,
        [`templates/${component}.yml`, `templates/${component}/template.yml`],
        version === '~latest' ? undefined : version,
      ),
    remote: url => fetchRemote(url, MAX_INCLUDED_BYTES),
  }
}

async function fromProject(
  projects: ProjectPaths,
  project: string,
  candidates: readonly string[],
  ref: string | undefined,
): Promise<Fetched> {
  const folder = projects.get(project)
  if (folder === undefined)
    return missing(`where ${project} lies is not known: --project-path ${project}=../folder`)
  try {
    for (const candidate of candidates) {
      const file = candidate.replace(/^\/+/, '')
      const text =
        ref === undefined
          ? await readConfined(folder, file, MAX_INCLUDED_BYTES)
          : await atRef(folder, file, ref)
      if (text !== undefined) return { kind: 'file', text }
    }
  } catch (error) {
    if (!(error instanceof BallastError)) throw error
    return missing(messageOf(error))
  }
  return missing(`${folder} has no ${candidates.join(' and no ')}${ref === undefined ? '' : ` at ${ref}`}`)
}

async function listProject(
  projects: ProjectPaths,
  project: string,
  ref: string | undefined,
): Promise<readonly string[] | undefined> {
  const folder = projects.get(project)
  if (folder === undefined) return undefined
  const tree = await readFolder(folder)
  const commit = ref === undefined ? undefined : await commitFor(folder, ref)
  if (commit === undefined) return tree.files
  return zeroSeparated(await git(folder, 'ls-tree', '-r', '-z', '--name-only', commit))
}

async function commitFor(folder: string, ref: string): Promise<string | undefined> {
  const tree = { root: folder, files: [] }
  return (await commitOf(tree, ref)) ?? (await commitOf(tree, `origin/${ref}`))
}

/** A file of another commit; where the folder has no such ref, it is as it lies there. */
async function atRef(folder: string, file: string, ref: string): Promise<string | undefined> {
  const commit = await commitFor(folder, ref)
  if (commit === undefined) return readConfined(folder, file, MAX_INCLUDED_BYTES)
  const size = Number(await git(folder, 'cat-file', '-s', `${commit}:${file}`))
  return size <= MAX_INCLUDED_BYTES ? git(folder, 'show', `${commit}:${file}`) : undefined
}

function missing(reason: string): Fetched {
  return { kind: 'missing', reason }
}
