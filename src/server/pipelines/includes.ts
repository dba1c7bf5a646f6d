import type { Project } from '../../access/index.ts'
import { MAX_CI_BYTES } from '../../config/index.ts'
import { BallastError, type CommitId, type PrincipalId } from '../../core/index.ts'
import { readFile, readRefs, resolveCommit } from '../../git/index.ts'
import type { Fetched, IncludeSources } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { fetchText } from '../outbound/fetch.ts'
import { repositoryDirectory } from '../repositories.ts'

/**
 * Configuration from elsewhere, with the rights of whoever started the pipeline: a file of another project is there
 * for those who may read that project.
 */
export function includesFor(plane: ControlPlane, principal: PrincipalId): IncludeSources {
  const readable = (name: string) => readableProject(plane, principal, name)
  return {
    async project(name, file, ref) {
      const project = await readable(name)
      if (!project)
        return missing(`there is no project '${name}', or it is not readable for who started this`)
      const directory = repositoryDirectory(plane.settings, project.id)
      const wanted = ref ?? project.defaultBranch
      const commit = await answered(() => resolveCommit(directory, wanted))
      return typeof commit === 'string'
        ? fileAt(directory, commit as CommitId, file)
        : missing(`${name} has no ref '${wanted}'`)
    },
    async component(name, component, version) {
      const project = await readable(name)
      if (!project)
        return missing(`there is no project '${name}', or it is not readable for who started this`)
      const directory = repositoryDirectory(plane.settings, project.id)
      const commit = await componentCommit(directory, version)
      if (!commit) return missing(`${name} has no version '${version}'`)
      const single = await fileAt(directory, commit, `templates/${component}.yml`)
      return single.kind === 'file'
        ? single
        : fileAt(directory, commit, `templates/${component}/template.yml`)
    },
    async remote(url) {
      try {
        return { kind: 'file', text: await fetchText(url, MAX_CI_BYTES) }
      } catch (error) {
        if (error instanceof BallastError) return missing(error.message)
        throw error
      }
    },
  }
}

async function readableProject(
  plane: ControlPlane,
  principal: PrincipalId,
  name: string,
): Promise<Project | undefined> {
  const { access } = plane.stores
  const project = await access.projectByName(name)
  if (!project) return undefined
  const who = await access.principal(principal)
  if (who?.admin) return project
  return (await access.roleOf(principal, project.id)) === undefined ? undefined : project
}

async function fileAt(directory: string, commit: CommitId, file: string): Promise<Fetched> {
  try {
    const bytes = await readFile(directory, commit, file.replace(/^\/+/, ''), MAX_CI_BYTES)
    if (bytes) return { kind: 'file', text: new TextDecoder().decode(bytes), commit }
    return missing(`there is no file '${file}' at ${commit.slice(0, 12)}`)
  } catch (error) {
    if (error instanceof BallastError) return missing(error.message)
    throw error
  }
}

/** A name that can be no ref is like one that is not there. */
async function answered<T>(ask: () => Promise<T>): Promise<T | undefined> {
  return ask().catch((error: unknown) => {
    if (error instanceof BallastError) return undefined
    throw error
  })
}

const RELEASE = /^refs\/tags\/v?(\d+)\.(\d+)\.(\d+)$/

/** `~latest`, `1`, `1.2`: the newest release that fits (a tag such as 1.2.3); anything else is a ref. */
async function componentCommit(directory: string, version: string): Promise<CommitId | undefined> {
  const partial =
    version === '~latest' ? [] : /^\d+(\.\d+)?$/.test(version) ? version.split('.').map(Number) : undefined
  const exact = await answered(() => resolveCommit(directory, version))
  if (!partial || exact) return exact
  const releases = [...(await readRefs(directory)).keys()]
    .flatMap(ref => {
      const numbers = RELEASE.exec(ref)?.slice(1).map(Number)
      return numbers && partial.every((part, i) => numbers[i] === part) ? [{ ref, numbers }] : []
    })
    .sort((a, b) => compare(b.numbers, a.numbers))
  const newest = releases[0]
  return newest && answered(() => resolveCommit(directory, newest.ref))
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, i) => part !== b[i])
  return at < 0 ? 0 : a[at]! - b[at]!
}

function missing(reason: string): Fetched {
  return { kind: 'missing', reason }
}
