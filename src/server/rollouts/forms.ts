import type { StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { FORM_RECORDS, servedForm } from '../registry/versions/variants.ts'
import type { Fleet } from './fleet.ts'
import { mainReplica } from './wanted.ts'

/**
 * In which form a rollout's candidate serves, where that is worth a word: as a variant, or as the original although a
 * variant was asked for, and why. Undefined for a version that has one form.
 */
export async function formOf(
  { stores }: Pick<ControlPlane, 'stores'>,
  fleet: Pick<Fleet, 'fallback' | 'variant'>,
  { environment, candidate }: Pick<StoredRollout, 'environment' | 'candidate'>,
): Promise<string | undefined> {
  const replica = mainReplica(environment, candidate)
  const fallback = fleet.fallback(replica)
  if (fallback) return `the original serves: its variant ${fallback.name} did not hold (${fallback.reason})`
  const variant = fleet.variant(replica)
  if (variant) return `served as the variant ${variant.name}, ${variant.digest.slice(0, 19)}`
  const form = servedForm(await stores.versions.recordsOf([candidate], FORM_RECORDS), environment)
  return form.kind === 'original' && form.reason !== undefined
    ? `the original serves: ${form.reason}`
    : undefined
}

/** Tells of replicas that serve the original for a variant, each once: in the log, and to whoever shows the model. */
export class FallbackTeller {
  readonly #plane: ControlPlane
  readonly #fleet: Fleet
  readonly #told = new Set<string>()

  constructor(plane: ControlPlane, fleet: Fleet) {
    this.#plane = plane
    this.#fleet = fleet
  }

  async tell(): Promise<void> {
    for (const { replica, version: id, fallback } of this.#fleet.fallbacks) {
      const key = `${replica} ${fallback.digest}`
      if (this.#told.has(key)) continue
      this.#told.add(key)
      const { logger, stores, changes } = this.#plane
      const { name: variant, reason } = fallback
      logger.error({ replica, version: id, variant, reason }, 'a variant did not hold; the original serves')
      const version = await stores.versions.byId(id)
      if (version) changes.tell({ kind: 'model', project: version.project, model: version.model })
    }
  }
}
