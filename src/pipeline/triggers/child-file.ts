import type { IncludeSources } from '../dialects/types.ts'
import type { ChildSource, InputValue } from '../types.ts'

type Inputs = Readonly<Record<string, InputValue>>

/** A file to compile: one of the commit's own, or a text that stands for it. */
export interface ChildFile {
  readonly file: string
  readonly text?: string
  /** What it is given itself. */
  readonly inputs: Inputs
}

/**
 * What the child pipeline of a trigger job is compiled from. One file is itself; several, and files from elsewhere,
 * are includes of a small file made here, whose JSON is YAML; inputs are for these.
 */
export async function childFile(
  includes: IncludeSources,
  job: string,
  sources: readonly ChildSource[],
  inputs: Inputs = {},
): Promise<ChildFile | { readonly problem: string }> {
  const [only, ...others] = sources
  if (only === undefined) return { problem: 'it names no file' }
  const own = { ...only.inputs, ...inputs }
  if (others.length === 0 && only.kind === 'local')
    return { file: only.file.replace(/^\/+/, ''), inputs: own }
  if (others.length === 0 && only.kind === 'artifact') {
    const found = await includes.artifact?.(only.job, only.file)
    if (found?.kind === 'file') return { file: `${only.job}:${only.file}`, text: found.text, inputs: own }
    return { problem: found?.reason ?? `there is no file '${only.file}' of job '${only.job}'` }
  }
  const include = sources.map(source => {
    const given = { ...source.inputs, ...inputs }
    return { ...included(source), ...(Object.keys(given).length > 0 && { inputs: given }) }
  })
  return { file: `trigger of ${job}`, text: JSON.stringify({ include }), inputs: {} }
}

function included(source: ChildSource): Record<string, string> {
  switch (source.kind) {
    case 'local':
      return { local: source.file }
    case 'artifact':
      return { artifact: source.file, job: source.job }
    case 'template':
      return { template: source.name }
    case 'component':
      return { component: source.address }
    case 'project':
      return { project: source.project, file: source.file, ...(source.ref && { ref: source.ref }) }
    case 'remote':
      return { remote: source.url, ...(source.integrity && { integrity: source.integrity }) }
  }
}
