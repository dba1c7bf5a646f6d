import { basename, dirname, join } from 'node:path/posix'
import type { Location } from '../core/index.ts'
import { DEFAULT_FILE } from './defaults.ts'
import { Findings } from './findings.ts'
import { resolveDocument } from './parse.ts'
import { exportAdvice, isModelName, isRunnable, NOT_SERVED } from './sections/model-formats.ts'
import type { ParsedConfig, RepositoryFacts } from './types.ts'

const MAX_NAMED = 5

/**
 * What a repository without a ballast.yaml means: its only .onnx file is the model, else its only model of another
 * format (a SavedModel is its folder), and labels.txt beside it names the classes. Several are a diagnostic that
 * names them. Undefined when there is no model of any kind: then this is no model repository, and nothing runs.
 */
export function configFromConvention(
  files: readonly string[],
  facts: RepositoryFacts = {},
): ParsedConfig | undefined {
  const findings = new Findings(facts.file ?? DEFAULT_FILE)
  const at: Location = { file: findings.file, line: 1, column: 1 }
  const models = modelsAmong(files)
  const [file, ...others] = models
  if (file === undefined) return undefined
  if (others.length > 0) {
    const hint = `say which in a file ballast.yaml: 'model: ${file}'`
    findings.error(at, 'MODEL_AMBIGUOUS', 'There is more than one model', { found: some(models), hint })
    return { diagnostics: findings.sorted() }
  }
  const advice = exportAdvice(file)
  if (advice !== undefined) findings.warn(at, 'MODEL_FORMAT', NOT_SERVED, { found: file, hint: advice })
  const beside = join(dirname(file), 'labels.txt')
  const labels = files.includes(beside) ? { value: beside, at } : undefined
  const model = { file: { value: file, at }, ...(labels && { labels }) }
  const document = {
    model,
    jobs: undefined,
    ci: undefined,
    convert: undefined,
    evaluate: undefined,
    gates: undefined,
    optimize: undefined,
    serve: undefined,
    deploy: undefined,
  }
  return { repository: resolveDocument(document, facts), diagnostics: findings.sorted() }
}

/** Those that can run; where there are none, the others. Sorted by depth. */
function modelsAmong(files: readonly string[]): readonly string[] {
  const runnable = files.filter(isRunnable)
  const found = runnable.length > 0 ? runnable : [...savedModels(files), ...othersAmong(files)]
  return found.sort((a, b) => depthOf(a) - depthOf(b))
}

/** A SavedModel at the root itself is named by its file. */
function savedModels(files: readonly string[]): string[] {
  return files
    .filter(file => basename(file) === 'saved_model.pb')
    .map(file => (dirname(file) === '.' ? file : dirname(file)))
}

function othersAmong(files: readonly string[]): string[] {
  const folders = savedModels(files).map(folder => `${folder}/`)
  return files.filter(
    file =>
      isModelName(file, false) &&
      basename(file) !== 'saved_model.pb' &&
      !folders.some(folder => file.startsWith(folder)),
  )
}

function depthOf(file: string): number {
  return file.split('/').length
}

function some(files: readonly string[]): string {
  const more = files.length - MAX_NAMED
  return `${files.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
