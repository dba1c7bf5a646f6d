import type { VersionId } from '../../../core/index.ts'
import type { Stores } from '../../../storage/index.ts'

const LIVE = ['queued', 'preparing', 'progressing'] as const

/**
 * Why versions of a model are kept whatever a policy says, by version: they serve, are kept warm for a rollback, are
 * on their way, or have a name.
 */
export async function usesOf(
  { rollouts, versions }: Stores,
  model: string,
): Promise<ReadonlyMap<VersionId, readonly string[]>> {
  const uses = new Map<VersionId, string[]>()
  const add = (version: VersionId | undefined, use: string) => {
    if (version) uses.set(version, [...(uses.get(version) ?? []), use])
  }
  for (const { model: other, environment, stable, previous } of await rollouts.deployments()) {
    if (other !== model) continue
    add(stable, `serves in ${environment}`)
    add(previous, `kept for a rollback in ${environment}`)
  }
  for (const { model: other, environment, candidate, stable } of await rollouts.inPhases(LIVE)) {
    if (other !== model) continue
    add(candidate, `on its way to ${environment}`)
    if (!uses.has(candidate)) add(stable, `compared with in ${environment}`)
  }
  for (const { name, version } of await versions.aliases(model)) add(version, `alias ${name}`)
  return uses
}
