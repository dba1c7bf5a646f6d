import { readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { ModelRepository } from '../../../config/index.ts'
import { CoreError, formatSize, hasErrors, systemCode } from '../../../core/index.ts'
import {
  type CompileResult,
  chooseCiFile,
  type DialectName,
  dialectOf,
  type IncludeSources,
  type RepositoryFiles,
} from '../../../pipeline/index.ts'
import { filesOf, pathInTree } from '../tree/files.ts'
import { readWorkingTree, type WorkingTree } from '../tree/repository.ts'
import { localIncludes } from './includes.ts'
import { typedInputs } from './inputs.ts'
import { type Occasion, occasionOf } from './occasion.ts'
import { type OccasionOptions, tableOf } from './options.ts'

const BALLAST_FILE = 'ballast.yaml'
/** Larger than any that a person writes; generated ones with thousands of jobs have some hundred KiB. */
export const MAX_CI_BYTES: number = 4 * 1024 * 1024
/** Files that make a folder a project of its own within a larger repository. */
const MARKS: readonly string[] = [BALLAST_FILE, '.gitlab-ci.yml']

/** What a file asks for, here and now. */
export interface Compilation {
  /** Path in the tree. */
  readonly file: string
  /** Absent: ballast.yaml's own jobs. */
  readonly dialect?: DialectName
  readonly result: CompileResult
  /** The model behind the jobs, where ballast.yaml has one. */
  readonly repository?: ModelRepository
}

/** A working tree with the occasion it is compiled for. */
export interface Project extends Occasion {
  readonly tree: WorkingTree
  readonly files: RepositoryFiles
  readonly includes: IncludeSources
}

export async function openProject(options: OccasionOptions): Promise<Project> {
  const tree = await readWorkingTree(options.folder, MARKS)
  const occasion = await occasionOf(tree, options)
  const target = occasion.trigger.mergeRequest?.targetBranch
  const projects = [...tableOf(options.projectPath)].map(([name, folder]) => [name, resolve(folder)] as const)
  return {
    tree,
    ...occasion,
    files: filesOf(tree, {
      ...(options.changed && { given: options.changed }),
      ...(target !== undefined && { target }),
    }),
    includes: localIncludes(new Map([[occasion.project.name, tree.root], ...projects])),
  }
}

/** Compiles `file`, or else what a push of the tree would run: ballast.yaml, or the one CI file that there is. */
export async function compileProject(project: Project, file?: string): Promise<Compilation> {
  if (file === undefined) return compileTree(project)
  const absolute = resolve(file)
  const text = await readGiven(absolute, file)
  const path = pathInTree(project.tree.root, absolute) ?? file
  if (/\.ballast\.ya?ml$|(^|\/)ballast\.ya?ml$/.test(path)) return compileBallast(project, path, text)
  return compileCi(project, path, text)
}

async function compileTree(project: Project): Promise<Compilation> {
  const files = await project.files.list()
  const choice = files.includes(BALLAST_FILE) ? undefined : chooseCiFile(files)
  if (choice?.kind === 'problem')
    return { file: BALLAST_FILE, result: { kind: 'problems', diagnostics: choice.diagnostics } }
  if (choice?.kind !== 'file') return compileBallast(project, BALLAST_FILE)
  const text = await project.files.read(choice.file, MAX_CI_BYTES)
  return compileCi(project, choice.file, text ?? '', choice.dialect)
}

/** A file of a dialect; its text is read from the tree unless it is given. */
export async function compileText(
  project: Project,
  file: string,
  given: string | undefined,
  dialect: DialectName | undefined,
): Promise<Compilation> {
  const text = given ?? (await project.files.read(file, MAX_CI_BYTES))
  if (text !== undefined) return compileCi(project, file, text, dialect)
  const at = { file, line: 1, column: 1 }
  const missing = {
    severity: 'error',
    code: 'FILE_MISSING',
    message: `There is no file '${file}'`,
    at,
  } as const
  return { file, result: { kind: 'problems', diagnostics: [missing] } }
}

async function compileCi(
  project: Project,
  file: string,
  text: string,
  dialect: DialectName = 'gitlab',
): Promise<Compilation> {
  const { files, includes, trigger, project: facts } = project
  const inputs = typedInputs(trigger.inputs, text)
  const request = {
    file,
    text,
    files,
    includes,
    trigger: { ...trigger, inputs },
    project: facts,
    variables: [],
  }
  const result = await dialectOf(dialect).compile(request)
  return { file, dialect, result: strict(result) }
}

/** A plan with errors is none. */
function strict(result: CompileResult): CompileResult {
  if (result.kind !== 'plan' || !hasErrors(result.diagnostics)) return result
  return { kind: 'problems', diagnostics: result.diagnostics }
}

/** Loaded only for a ballast.yaml: models and their checks are much code. */
async function compileBallast(project: Project, file: string, text?: string): Promise<Compilation> {
  const { compileModelRepository } = await import('./ballast.ts')
  return compileModelRepository(project, file, text)
}

async function readGiven(path: string, shown: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size <= MAX_CI_BYTES) return await readFile(path, 'utf8')
  } catch (cause) {
    throw new CoreError('FILE_UNREADABLE', {
      message: systemCode(cause) === 'ENOENT' ? `There is no file ${shown}` : `Could not read ${shown}`,
      hint: 'Name a ballast.yaml or a .gitlab-ci.yml; without a name the one of the folder is taken.',
      cause,
    })
  }
  throw new CoreError('FILE_UNREADABLE', {
    message: `${shown} is larger than ${formatSize(MAX_CI_BYTES)}`,
    hint: 'A file that says what to run is never that large: check what it is.',
  })
}
