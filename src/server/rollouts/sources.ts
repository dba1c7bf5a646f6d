import type { EnvironmentRequest } from '../../config/index.ts'
import { formatMinute, type ProjectId, type VersionId } from '../../core/index.ts'
import { type Proof, proofOf, type StoredRollout } from '../../rollout/index.ts'
import type { ControlPlane } from '../control-plane.ts'
import { storedPolicy } from '../pipelines/policy.ts'

/** Of an environment's history, newest first: a version that is not among so many changes counts as never promoted. */
const MAX_CHANGES = 1000
const PAGE = 50

type Plane = Pick<ControlPlane, 'stores'>

/** Where a version must have been promoted before it goes to an environment: by its policy and by what the file asks. */
export async function sourcesOf(
  plane: Plane,
  project: ProjectId,
  { name, from }: Pick<EnvironmentRequest, 'name' | 'from'>,
): Promise<readonly string[]> {
  const policy = await storedPolicy(plane, project, name)
  return [...new Set([policy?.from, from].filter(source => source !== undefined))]
}

/** Why what its environment goes by does not let this rollout go on; undefined where it does. A return by hand may always. */
export async function sourceRefusal(plane: Plane, rollout: StoredRollout): Promise<string | undefined> {
  const { project, environment, from = [], job } = rollout
  if (job === undefined) return undefined
  const policy = await storedPolicy(plane, project, environment)
  const sources = new Set([...from, ...(policy?.from === undefined ? [] : [policy.from])])
  return whyNotTaken(plane, rollout, [...sources])
}

/** Why `environment` may not take this version: the first of its sources that does not vouch for it. */
export async function whyNotTaken(
  plane: Plane,
  { model, candidate, environment }: Pick<StoredRollout, 'model' | 'candidate' | 'environment'>,
  sources: readonly string[],
): Promise<string | undefined> {
  const { versions } = plane.stores
  for (const source of sources) {
    const proof = await proofIn(plane, model, source, candidate)
    if (proof.kind === 'promoted') continue
    const numberOf = async (id: VersionId) => `v${(await versions.byId(id))?.number ?? 0}`
    const name = await numberOf(candidate)
    const rule = `${environment} takes only what was promoted in ${source}`
    if (proof.kind === 'unknown') return `${rule}, and ${name} was not`
    if (proof.kind === 'removed') return `${rule}, and nothing serves there any more`
    return `${rule}, and ${name} was rolled back there to ${await numberOf(proof.to)} by ${proof.by} on ${formatMinute(proof.at)}`
  }
  return undefined
}

async function proofIn(plane: Plane, model: string, source: string, candidate: VersionId): Promise<Proof> {
  const place = { kind: 'environment', name: source } as const
  const { versions } = plane.stores
  let before: Parameters<typeof versions.moves>[1]['before']
  for (let seen = 0; seen < MAX_CHANGES; seen += PAGE) {
    const page = await versions.moves(model, { place, limit: PAGE, ...(before && { before }) })
    const proof = proofOf(page, candidate)
    if (proof.kind !== 'unknown' || page.length < PAGE) return proof
    before = page.at(-1)!
  }
  return { kind: 'unknown' }
}
