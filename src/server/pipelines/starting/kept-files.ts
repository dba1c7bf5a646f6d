import { MAX_CI_BYTES } from '../../../config/index.ts'
import type { Fetched, IncludeSources, Pipeline } from '../../../pipeline/index.ts'
import type { ControlPlane } from '../../control-plane.ts'

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
