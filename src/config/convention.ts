import { dirname, extname, join } from 'node:path/posix'
import type { Location } from '../core/index.ts'
import { DEFAULT_FILE } from './defaults.ts'
import { Findings } from './findings.ts'
import { resolveDocument } from './parse.ts'
import { MODEL_EXTENSION, OTHER_FORMATS } from './sections/model.ts'
import type { ParsedConfig, RepositoryFacts } from './types.ts'

const MAX_NAMED = 5

/**
 * What a repository without a ballast.yaml means: its only .onnx file is the model, and labels.txt beside it
 * names the classes. Several, or only models of other formats, are a diagnostic that names them. Undefined when
 * there is no model of any kind: then this is no model repository, and nothing runs.
 */
export function configFromConvention(
  files: readonly string[],
  facts: RepositoryFacts = {},
): ParsedConfig | undefined {
  const findings = new Findings(facts.file ?? DEFAULT_FILE)
  const at: Location = { file: findings.file, line: 1, column: 1 }
  const models = files.filter(file => file.endsWith(MODEL_EXTENSION)).sort((a, b) => depthOf(a) - depthOf(b))
  const [file, ...others] = models
  if (file === undefined) {
    const foreign = files.filter(file => Object.hasOwn(OTHER_FORMATS, extname(file)))
    if (foreign.length === 0) return undefined
    findings.error(at, 'MODEL_FORMAT', 'This release serves models in ONNX', {
      found: some(foreign),
      hint: OTHER_FORMATS[extname(foreign[0]!)]!,
    })
    return { diagnostics: findings.sorted() }
  }
  if (others.length > 0) {
    const hint = `say which in a file ballast.yaml: 'model: ${file}'`
    findings.error(at, 'MODEL_AMBIGUOUS', 'There is more than one model', { found: some(models), hint })
    return { diagnostics: findings.sorted() }
  }
  const beside = join(dirname(file), 'labels.txt')
  const labels = files.includes(beside) ? { value: beside, at } : undefined
  const model = { file: { value: file, at }, ...(labels && { labels }) }
  const document = { model, jobs: undefined, evaluate: undefined, gates: undefined, deploy: undefined }
  return { repository: resolveDocument(document, facts), diagnostics: [] }
}

function depthOf(file: string): number {
  return file.split('/').length
}

function some(files: readonly string[]): string {
  const more = files.length - MAX_NAMED
  return `${files.slice(0, MAX_NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
