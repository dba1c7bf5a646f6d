import { hasRole, type Project } from '../../../access/index.ts'
import { BallastError, type CommitId } from '../../../core/index.ts'
import { resolveCommit, type Submodule, submodulesIn } from '../../../git/index.ts'
import type { Pipeline } from '../../../pipeline/index.ts'
import { roleOfStarter } from '../../access/starter.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { ServerError } from '../../errors.ts'
import { repositoryDirectory } from '../../repositories.ts'

/** Within each other, and of one job in all: a repository that contains itself ends somewhere. */
const [MAX_DEPTH, MAX_SUBMODULES] = [5, 100]

type Plane = Pick<ControlPlane, 'stores' | 'settings'>

export interface GivenSubmodule {
  /** In the workspace. */
  readonly path: string
  readonly project: Project
  readonly commit: CommitId
}

export interface Submodules {
  /** Those of this server, each after the one that it lies in. */
  readonly given: readonly GivenSubmodule[]
  /** Paths of those that are not. */
  readonly elsewhere: readonly string[]
}

/** What `GIT_SUBMODULE_STRATEGY` asks for; undefined: none. */
export function submoduleStrategy(value: string | undefined): 'normal' | 'recursive' | undefined {
  return value === 'normal' || value === 'recursive' ? value : undefined
}

/**
 * The submodules of a pipeline's commit that are projects of this server, read with the rights of whoever started
 * the pipeline. Throws INPUT_MISSING where one of them is not to be had: without it the files are not those of the
 * commit.
 */
export async function submodulesOf(
  plane: Plane,
  pipeline: Pipeline,
  project: Project,
  strategy: 'normal' | 'recursive',
): Promise<Submodules> {
  const given: GivenSubmodule[] = []
  const elsewhere: string[] = []
  const visit = async (inside: GivenSubmodule, depth: number): Promise<void> => {
    const directory = repositoryDirectory(plane.settings, inside.project.id)
    for (const module of await submodulesIn(directory, inside.commit)) {
      const path = inside.path === '' ? module.path : `${inside.path}/${module.path}`
      const name =
        module.url === undefined ? undefined : projectAt(module.url, inside.project, plane.settings)
      if (name === undefined) {
        elsewhere.push(path)
        continue
      }
      if (depth >= MAX_DEPTH || given.length >= MAX_SUBMODULES)
        throw missing(
          path,
          `more than ${MAX_SUBMODULES} submodules, or ${MAX_DEPTH} within each other, are not laid out`,
        )
      const found = { path, ...(await readable(plane, pipeline, module, path, name)) }
      given.push(found)
      if (strategy === 'recursive') await visit(found, depth + 1)
    }
  }
  await visit({ path: '', project, commit: pipeline.commit }, 0)
  return { given, elsewhere }
}

async function readable(
  plane: Plane,
  pipeline: Pipeline,
  { commit }: Submodule,
  path: string,
  name: string,
): Promise<Omit<GivenSubmodule, 'path'>> {
  const project = await plane.stores.access.projectByName(name)
  const role = project && (await roleOfStarter(plane, pipeline, project))
  const own = project?.id === pipeline.project
  if (!project || !(own || (role && hasRole(role, 'reader'))))
    throw missing(path, `there is no project '${name}' that who started this may read`)
  const found = await resolveCommit(repositoryDirectory(plane.settings, project.id), commit).catch(
    (error: unknown) => {
      // A project that nothing was ever pushed to.
      if (error instanceof BallastError) return undefined
      throw error
    },
  )
  if (found !== commit) throw missing(path, `'${name}' has no commit ${commit.slice(0, 12)}`)
  return { project, commit }
}

/**
 * The project of this server that an address names, seen from another's repository; undefined where it names none.
 *
 *   ../lib.git, of team/digits          team/lib
 *   ../../other/lib, of team/digits     other/lib
 *   https://<this server>/team/lib.git  team/lib
 */
export function projectAt(
  url: string,
  { name }: Pick<Project, 'name'>,
  { publicUrl }: Pick<ControlPlane['settings'], 'publicUrl'>,
): string | undefined {
  const root = publicUrl.endsWith('/') ? publicUrl : `${publicUrl}/`
  const isRelative = url.startsWith('./') || url.startsWith('../')
  const base = `${root}${name}.git/`
  if (!URL.canParse(url, isRelative ? base : undefined)) return undefined
  const { origin, pathname } = new URL(url, isRelative ? base : undefined)
  const { origin: own, pathname: above } = new URL(root)
  if (origin !== own || !pathname.startsWith(above)) return undefined
  const path = pathname
    .slice(above.length)
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
  return path === '' ? undefined : path
}

function missing(path: string, why: string): ServerError {
  return new ServerError('INPUT_MISSING', {
    message: `The submodule at ${path} is missing: ${why}`,
    hint: 'Push it, ask for a role in its project, or leave GIT_SUBMODULE_STRATEGY out.',
  })
}
