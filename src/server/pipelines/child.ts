import { MAX_CI_BYTES } from '../../config/index.ts'
import type { ChildSource, Fetched, IncludeSources, Job, Pipeline } from '../../pipeline/index.ts'
import type { ControlPlane } from '../control-plane.ts'

/** A file to compile: one of the commit's own, or a text that stands for it. */
export interface ChildFile {
  readonly file: string
  readonly text?: string
}

/**
 * What a child pipeline is compiled from. One file is itself; several, and files from elsewhere, are includes of a
 * small file made here, whose JSON is YAML.
 */
export async function childFile(
  includes: IncludeSources,
  job: Job,
  sources: readonly ChildSource[],
): Promise<ChildFile | { readonly problem: string }> {
  const [only, ...others] = sources
  if (only === undefined) return { problem: 'it names no file' }
  if (others.length === 0 && only.kind === 'local') return { file: only.file.replace(/^\/+/, '') }
  if (others.length === 0 && only.kind === 'artifact') {
    const found = await includes.artifact?.(only.job, only.file)
    if (found?.kind === 'file') return { file: `${only.job}:${only.file}`, text: found.text }
    return { problem: found?.reason ?? `there is no file '${only.file}' of job '${only.job}'` }
  }
  return { file: `trigger of ${job.plan.name}`, text: JSON.stringify({ include: sources.map(included) }) }
}

function included(source: ChildSource): Record<string, string> {
  switch (source.kind) {
    case 'local':
      return { local: source.file }
    case 'artifact':
      return { artifact: source.file, job: source.job }
    case 'template':
      return { template: source.name }
    case 'project':
      return { project: source.project, file: source.file, ...(source.ref && { ref: source.ref }) }
    case 'remote':
      return { remote: source.url, ...(source.integrity && { integrity: source.integrity }) }
  }
}

/** Files that jobs of a pipeline kept. Of several jobs of one name with matrix values the first that has it. */
export function artifactsOf(
  plane: ControlPlane,
  pipeline: Pipeline,
): NonNullable<IncludeSources['artifact']> {
  return async (name, path): Promise<Fetched> => {
    const { pipelines } = plane.stores
    for (const job of await pipelines.jobs(pipeline.id)) {
      if (job.plan.name !== name && !job.plan.name.startsWith(`${name}: [`)) continue
      const attempts = await pipelines.attempts(job.id)
      const kept = attempts.findLast(({ state }) => state === 'succeeded')?.artifacts
      const file = kept?.find(found => found.path === path)
      if (!file) continue
      if (file.size > MAX_CI_BYTES)
        return { kind: 'missing', reason: `${path} is larger than ${MAX_CI_BYTES} bytes` }
      const source = await plane.blobs.open(file.digest)
      try {
        return { kind: 'file', text: new TextDecoder().decode(await source.read(0, file.size)) }
      } finally {
        await source.close()
      }
    }
    return { kind: 'missing', reason: `job '${name}' kept no file '${path}'` }
  }
}
