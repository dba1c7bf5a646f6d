import { nearestName, type VersionId } from '../../../core/index.ts'
import {
  formatVersionName,
  LATEST,
  parseVersionName,
  RegistryError,
  type Version,
  type VersionName,
} from '../../../registry/index.ts'
import type { Stores } from '../../../storage/index.ts'

/** A name of a version, and who keeps it. */
export interface Pointer {
  readonly name: string
  readonly kind: 'latest' | 'environment' | 'own'
  readonly version: VersionId
}

/** How far back `latest` looks for a version that has not expired. */
const LATEST_PAGE = 20

/** Every name that points at a version of the model. Where an environment and an alias share one, it is the environment's. */
export async function pointersOf(stores: Stores, model: string): Promise<readonly Pointer[]> {
  const latest = await latestOf(stores, model)
  const environments = (await stores.rollouts.deployments()).filter(each => each.model === model)
  const taken = new Set([LATEST, ...environments.map(({ environment }) => environment)])
  const own = (await stores.versions.aliases(model)).filter(({ name }) => !taken.has(name))
  return [
    ...(latest ? [{ name: LATEST, kind: 'latest', version: latest.id } as const] : []),
    ...environments.map(
      ({ environment, stable }) => ({ name: environment, kind: 'environment', version: stable }) as const,
    ),
    ...own.map(({ name, version }) => ({ name, kind: 'own', version }) as const),
  ]
}

/** The newest that has not expired. */
async function latestOf({ versions }: Stores, model: string): Promise<Version | undefined> {
  let before: number | undefined
  for (;;) {
    const page = await versions.list(model, { limit: LATEST_PAGE, ...(before !== undefined && { before }) })
    const found = page.find(({ expired }) => !expired)
    if (found || page.length < LATEST_PAGE) return found
    before = page.at(-1)!.number
  }
}

/** The names that nobody sets by hand. */
export async function reservedNames(stores: Stores, model: string): Promise<readonly string[]> {
  const project = await stores.versions.ownerOf(model)
  const policies = project ? await stores.access.policies(project) : []
  const deployments = (await stores.rollouts.deployments()).filter(each => each.model === model)
  return ['production', ...policies, ...deployments].map(each =>
    typeof each === 'string' ? each : each.environment,
  )
}

/**
 * The version that a name stands for. Throws VERSION_NAME_INVALID, VERSION_NOT_FOUND with the nearest name, and
 * VERSION_AMBIGUOUS.
 */
export async function resolveVersion(
  stores: Stores,
  model: string,
  wanted: string | VersionName,
): Promise<Version> {
  const name = typeof wanted === 'string' ? parseVersionName(wanted) : wanted
  const found = await lookUp(stores, model, name)
  if (found) return found
  throw new RegistryError('VERSION_NOT_FOUND', {
    message: `There is no ${model}@${formatVersionName(name)}`,
    hint: await hintFor(stores, model, name),
    details: { model, version: formatVersionName(name) },
  })
}

async function lookUp(stores: Stores, model: string, name: VersionName): Promise<Version | undefined> {
  const { versions } = stores
  switch (name.kind) {
    case 'number':
      return versions.byNumber(model, name.number)
    case 'id': {
      const found = await versions.byId(name.id as VersionId)
      return found?.model === model ? found : undefined
    }
    case 'alias': {
      const pointer = (await pointersOf(stores, model)).find(each => each.name === name.name)
      return pointer && versions.byId(pointer.version)
    }
    case 'digest':
    case 'commit':
      return onlyOne(model, name, await versions.byPrefix(model, name.kind, name.prefix, 6))
  }
}

function onlyOne(
  model: string,
  name: Extract<VersionName, { kind: 'digest' | 'commit' }>,
  found: readonly Version[],
): Version | undefined {
  const [first] = found
  if (!first || found.length === 1) return first
  // Trained again on one commit: the latest of them is what that commit came to.
  if (name.kind === 'commit' && found.every(({ manifest }) => manifest.commit === first.manifest.commit))
    return first
  throw new RegistryError('VERSION_AMBIGUOUS', {
    message: `${model}@${formatVersionName(name)} fits ${found.map(({ number }) => `v${number}`).join(', ')}${found.length > 5 ? ' …' : ''}`,
    hint: 'Write more of it, or the number.',
    details: { model, versions: found.map(({ number }) => number) },
  })
}

async function hintFor(stores: Stores, model: string, name: VersionName): Promise<string> {
  const pointers = (await pointersOf(stores, model)).map(pointer => pointer.name)
  const [newest] = await stores.versions.list(model, { limit: 1 })
  const known = `Names are ${pointers.join(', ')}${newest ? ` and v1 to v${newest.number}` : ''}.`
  if (name.kind !== 'alias') return `${known} \`ballast log ${model}\` lists them.`
  const nearest = nearestName(name.name, pointers)
  return nearest ? `Did you mean '${nearest}'? ${known}` : known
}
