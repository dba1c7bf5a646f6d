import { newId, type VersionId } from '../../../core/index.ts'
import {
  type Alias,
  checkAliasName,
  type Move,
  RegistryError,
  type Version,
} from '../../../registry/index.ts'
import type { ControlPlane } from '../../control-plane.ts'
import { ServerError } from '../../errors.ts'
import { reservedNames, resolveVersion } from './names.ts'

export interface AliasChange {
  readonly model: string
  readonly name: string
  /** Where whoever asks believes it to be; null: nowhere yet; absent: wherever it is. */
  readonly expected?: string | null | undefined
  /** A principal's name. */
  readonly by: string
  readonly reason?: string | undefined
  /** Whether whoever asks may move protected ones. */
  readonly protectedToo: boolean
}

/** Sets or moves an alias. Throws ALIAS_INVALID, ALIAS_MOVED, VERSION_NOT_FOUND, VERSION_EXPIRED, REQUEST_INVALID. */
export async function setAlias(
  plane: ControlPlane,
  change: AliasChange & { readonly version: string; readonly protected?: boolean | undefined },
): Promise<Alias> {
  const { stores } = plane
  const { model, name } = change
  const there = await stores.versions.alias(model, name)
  // One that is there may have been there before an environment of its name was: it can still be moved away.
  if (!there) checkAliasName(name, await reservedNames(stores, model))
  const version = await resolveVersion(stores, model, change.version)
  const expected = await expectedId(plane, change, there)
  const alias: Alias = {
    project: version.project,
    model,
    name,
    version: version.id,
    protected: change.protected ?? there?.protected ?? false,
    movedAt: plane.clock.now(),
    movedBy: change.by,
  }
  const move = moveOf(plane, change, version, 'set')
  const stands = await stores.versions.setAlias(alias, move, expected, onlyOf(change))
  if (stands !== alias) throw await moved(plane, change, stands)
  plane.changes.tell({ kind: 'model', project: version.project, model })
  return alias
}

/** Throws NOT_FOUND, ALIAS_MOVED, REQUEST_INVALID. */
export async function removeAlias(plane: ControlPlane, change: AliasChange): Promise<void> {
  const { versions } = plane.stores
  const { model, name } = change
  const there = await versions.alias(model, name)
  const version = there && (await versions.byId(there.version))
  if (!version) throw noAlias(model, name)
  const expected = (await expectedId(plane, change, there)) ?? undefined
  const move = moveOf(plane, change, version, 'removed')
  if (!(await versions.removeAlias(model, name, move, expected, onlyOf(change))))
    throw await moved(plane, change, await versions.alias(model, name))
  plane.changes.tell({ kind: 'model', project: version.project, model })
}

/** One that was protected a moment ago is not moved by who saw it free. */
function onlyOf({ protectedToo }: AliasChange): 'unprotected' | undefined {
  return protectedToo ? undefined : 'unprotected'
}

export function noAlias(model: string, name: string): ServerError {
  return new ServerError('NOT_FOUND', {
    message: `${model} has no alias '${name}' that somebody set`,
    hint: `\`ballast alias list ${model}\` shows them.`,
  })
}

async function expectedId(
  plane: ControlPlane,
  { model, name, expected }: AliasChange,
  there: Alias | undefined,
): Promise<VersionId | null | undefined> {
  if (expected === undefined && there?.protected)
    throw new ServerError('REQUEST_INVALID', {
      message: `The alias '${name}' is protected: it is moved only from where it is expected`,
      hint: 'Say where you believe it to be: --expected v3.',
    })
  if (expected === undefined || expected === null) return expected
  return (await resolveVersion(plane.stores, model, expected)).id
}

async function moved(
  plane: ControlPlane,
  { model, name, expected }: AliasChange,
  there: Alias | undefined,
): Promise<RegistryError> {
  const version = there && (await plane.stores.versions.byId(there.version))
  const where = version ? `at v${version.number}, where ${there.movedBy} moved it` : 'not set'
  return new RegistryError('ALIAS_MOVED', {
    message: `The alias '${name}' of ${model} is ${where}, and not ${expected === null ? 'free' : `at ${expected}`}`,
    hint: 'Somebody was faster. Look at `ballast log`, and move it again if that is right.',
    details: { model, alias: name, ...(version && { number: version.number, movedBy: there.movedBy }) },
  })
}

function moveOf(
  plane: ControlPlane,
  { model, name, by, reason }: AliasChange,
  version: Version,
  event: 'set' | 'removed',
): Move {
  return {
    id: newId('move'),
    project: version.project,
    model,
    place: { kind: 'alias', name },
    event,
    version: version.id,
    at: plane.clock.now(),
    by,
    decision: { kind: 'person', by },
    reason: reason ?? '',
  }
}
