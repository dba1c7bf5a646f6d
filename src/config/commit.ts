import type { Diagnostic, Location } from '../core/index.ts'
import { BallastError, hasErrors } from '../core/index.ts'
import {
  type CompileRequest,
  chooseCiFile,
  dialectOf,
  type ExcludedJob,
  makesModel,
  type Plan,
  type RepositoryFiles,
} from '../pipeline/index.ts'
import { configFromConvention } from './convention.ts'
import { DEFAULT_FILE } from './defaults.ts'
import { parseConfig } from './parse.ts'
import type { CiFile, ModelRepository, ParsedConfig } from './types.ts'
import { MAX_CONFIG_BYTES } from './yaml/load.ts'

/** A commit and the occasion on which it is compiled. */
export type CommitRequest = Omit<CompileRequest, 'file' | 'text'>

export type CompiledCommit =
  | {
      readonly kind: 'commit'
      /** The file that says it; for a model by convention `ballast.yaml`, which is not there. */
      readonly file: string
      /** Absent where a CI file alone says what runs. */
      readonly repository?: ModelRepository
      /** The user's own jobs, without the model stages behind them. */
      readonly plan: Plan
      readonly diagnostics: readonly Diagnostic[]
    }
  /** Nothing is to run, and why. */
  | {
      readonly kind: 'nothing'
      readonly reason: string
      /** There is no file that could say it: no ballast.yaml, no CI file, no model. */
      readonly unconfigured?: true
      readonly at?: Location
      readonly excluded: readonly ExcludedJob[]
      readonly diagnostics: readonly Diagnostic[]
    }
  | { readonly kind: 'problems'; readonly diagnostics: readonly Diagnostic[] }

/** Larger than any that a person writes; generated ones with thousands of jobs have some hundred KiB. */
export const MAX_CI_BYTES: number = 4 * 1024 * 1024

/**
 * What a commit asks for: its ballast.yaml, with the jobs of the CI file that it names; without a ballast.yaml the
 * one CI file of a known dialect; without that the model that its files show by convention.
 */
export async function compileCommit(request: CommitRequest): Promise<CompiledCommit> {
  const files = await request.files.list()
  if (files.includes(DEFAULT_FILE)) return ofConfig(await parsedConfig(request, files), request)
  const choice = chooseCiFile(files)
  if (choice.kind === 'problem') return { kind: 'problems', diagnostics: choice.diagnostics }
  if (choice.kind === 'file') return compileCiFile(request, choice)
  const parsed = configFromConvention(files, factsOf(request, files))
  if (parsed) return ofConfig(parsed, request)
  return {
    kind: 'nothing',
    reason: 'no ballast.yaml and no model file in it, so nothing runs',
    unconfigured: true,
    excluded: [],
    diagnostics: [],
  }
}

function factsOf({ project }: CommitRequest, files: readonly string[]) {
  return { repositoryName: project.name, defaultBranch: project.defaultBranch, files }
}

async function parsedConfig(request: CommitRequest, files: readonly string[]): Promise<ParsedConfig> {
  const read = await readText(request.files, DEFAULT_FILE, MAX_CONFIG_BYTES)
  if (read.kind === 'problem') return { diagnostics: [read.diagnostic] }
  return parseConfig(read.text, { file: DEFAULT_FILE, ...factsOf(request, files) })
}

/** The jobs of ballast.yaml run for branches; a CI file says itself for what it runs. */
async function ofConfig(parsed: ParsedConfig, request: CommitRequest): Promise<CompiledCommit> {
  const { repository, diagnostics } = parsed
  if (!repository) return { kind: 'problems', diagnostics }
  if (!repository.ci) {
    const reason = noBranch(request.trigger.event)
    if (reason !== undefined) return { kind: 'nothing', reason, excluded: [], diagnostics }
    return { kind: 'commit', file: DEFAULT_FILE, repository, plan: { jobs: repository.jobs }, diagnostics }
  }
  const compiled = await compileCiFile(request, repository.ci)
  const all = [...diagnostics, ...compiled.diagnostics]
  if (compiled.kind !== 'commit') return { ...compiled, diagnostics: all }
  const missing = await missingModel(request, repository, repository.ci, compiled.plan)
  if (missing) return { kind: 'problems', diagnostics: [...all, missing] }
  return { ...compiled, file: DEFAULT_FILE, repository, diagnostics: all }
}

function noBranch(event: CommitRequest['trigger']['event']): string | undefined {
  if (event === 'tag') return 'ballast.yaml runs for branches, not for tags'
  if (event === 'merge_request') return 'ballast.yaml runs for the branch itself, not for its merge request'
  return undefined
}

/** A CI file alone: read from the commit, unless its text is given. */
export async function compileCiFile(
  request: CommitRequest,
  { file, dialect, at, text }: Omit<CiFile, 'at'> & { readonly at?: Location; readonly text?: string },
): Promise<CompiledCommit> {
  const read: Read =
    text === undefined ? await readText(request.files, file, MAX_CI_BYTES, at) : { kind: 'text', text }
  if (read.kind === 'problem') return { kind: 'problems', diagnostics: [read.diagnostic] }
  const result = await dialectOf(dialect).compile({ ...request, file, text: read.text })
  if (result.kind !== 'plan') return result
  if (hasErrors(result.diagnostics)) return { kind: 'problems', diagnostics: result.diagnostics }
  return { kind: 'commit', file, plan: result.plan, diagnostics: result.diagnostics }
}

type Read =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'problem'; readonly diagnostic: Diagnostic }

async function readText(
  files: RepositoryFiles,
  file: string,
  maxBytes: number,
  at: Location = { file, line: 1, column: 1 },
): Promise<Read> {
  const problem = (code: string, message: string, hint?: string): Read => ({
    kind: 'problem',
    diagnostic: { severity: 'error', code, message, at, ...(hint !== undefined && { hint }) },
  })
  try {
    const text = await files.read(file, maxBytes)
    return text === undefined
      ? problem(
          'FILE_MISSING',
          `There is no file '${file}' in the repository`,
          'commit it, or check its name',
        )
      : { kind: 'text', text }
  } catch (error) {
    if (!(error instanceof BallastError)) throw error
    return problem(error.code, error.message, error.hint)
  }
}

/** A model that is neither committed nor kept by a job of the CI file. */
async function missingModel(
  { files }: CommitRequest,
  { model }: ModelRepository,
  ci: CiFile,
  plan: Plan,
): Promise<Diagnostic | undefined> {
  const there = await files.list()
  if (there.some(path => path === model.file || path.startsWith(`${model.file}/`))) return undefined
  if (plan.jobs.some(job => makesModel(job, model.file))) return undefined
  return {
    severity: 'error',
    code: 'FILE_MISSING',
    message: `There is no model '${model.file}' in the repository, and no job of ${ci.file} that runs here keeps it`,
    at: ci.at,
    hint: 'commit it, or name it in the artifacts:paths: of the job that makes it',
  }
}
