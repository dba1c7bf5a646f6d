import type { Project } from '../../../access/index.ts'
import { MAX_CI_BYTES } from '../../../config/index.ts'
import { BallastError, type CommitId, type PrincipalId } from '../../../core/index.ts'
import { listFiles, readFile, readRefs, resolveCommit } from '../../../git/index.ts'
import type { Fetched, IncludeSources } from '../../../pipeline/index.ts'
import { roleOfStarter } from '../../access/starter.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { fetchText } from '../../outbound/fetch.ts'
import { repositoryDirectory } from '../../repositories.ts'

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
    async list(name, ref) {
      const project = await readable(name)
      if (!project) return undefined
      const directory = repositoryDirectory(plane.settings, project.id)
      return answered(async () => {
        const commit = await resolveCommit(directory, ref ?? project.defaultBranch)
        return commit && pathsAt(directory, commit)
      })
    },
    async component(name, component, version) {
      const project = await readable(name)
      if (!project)
        return missing(`there is no project '${name}', or it is not readable for who started this`)
      const directory = repositoryDirectory(plane.settings, project.id)
      const chosen = await chosenRelease(directory, version)
      if (!chosen) return missing(`${name} has no version '${version}'`)
      const { commit, release } = chosen
      const single = await fileAt(directory, commit, `templates/${component}.yml`)
      const file =
        single.kind === 'file'
          ? single
          : await fileAt(directory, commit, `templates/${component}/template.yml`)
      return file.kind === 'file' && release !== undefined ? { ...file, version: release } : file
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
  const project = await plane.stores.access.projectByName(name)
  return project && (await roleOfStarter(plane, { principal }, project)) ? project : undefined
}

async function pathsAt(directory: string, commit: CommitId): Promise<readonly string[]> {
  const files = await listFiles(directory, commit)
  return files.filter(({ kind }) => kind === 'file').map(({ path }) => path)
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

interface Chosen {
  readonly commit: CommitId
  /** `1.2.3`, where the version asked for a release. */
  readonly release?: string
}

/** `~latest`, `1`, `1.2`: the newest release that fits (a tag such as 1.2.3); anything else is a ref. */
async function chosenRelease(directory: string, version: string): Promise<Chosen | undefined> {
  const partial =
    version === '~latest' ? [] : /^\d+(\.\d+)?$/.test(version) ? version.split('.').map(Number) : undefined
  const exact = await answered(() => resolveCommit(directory, version))
  if (exact) return { commit: exact }
  if (!partial) return undefined
  const releases = [...(await readRefs(directory)).keys()]
    .flatMap(ref => {
      const numbers = RELEASE.exec(ref)?.slice(1).map(Number)
      return numbers && partial.every((part, i) => numbers[i] === part) ? [{ ref, numbers }] : []
    })
    .sort((a, b) => compare(b.numbers, a.numbers))
  const [newest] = releases
  const commit = newest && (await answered(() => resolveCommit(directory, newest.ref)))
  return commit && { commit, release: newest.ref.slice('refs/tags/'.length) }
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((part, i) => part !== b[i])
  return at < 0 ? 0 : a[at]! - b[at]!
}

function missing(reason: string): Fetched {
  return { kind: 'missing', reason }
}
