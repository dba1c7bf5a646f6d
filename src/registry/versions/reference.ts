import { RegistryError } from '../errors.ts'

/** What names one version of a model. */
export type VersionName =
  | { readonly kind: 'number'; readonly number: number }
  /** `latest`, an environment, or an alias set by hand. */
  | { readonly kind: 'alias'; readonly name: string }
  /** The hex of its digest, or the beginning of it. */
  | { readonly kind: 'digest'; readonly prefix: string }
  | { readonly kind: 'commit'; readonly prefix: string }
  | { readonly kind: 'id'; readonly id: string }

/** The newest that was registered and has not expired. */
export const LATEST = 'latest'
/** Fewer digits name nothing for long. */
const MIN_PREFIX = 4
const FORMS = 'Such as 3, v3, production, champion, latest, sha256:1a2b3c or commit:1a2b3c.'

const ALIAS_NAME = /^[a-z][a-z0-9._-]{0,62}$/i
/** Environments may have longer names, with slashes. */
const POINTER_NAME = /^[a-z][a-z0-9._/-]{0,254}$/i

/** What stands behind the `@`, or alone. Throws VERSION_NAME_INVALID. */
export function parseVersionName(text: string): VersionName {
  const number = /^v?([1-9]\d{0,8})$/i.exec(text)?.[1]
  if (number !== undefined) return { kind: 'number', number: Number(number) }
  if (/^ver_[0-9a-z]{8,40}$/.test(text)) return { kind: 'id', id: text }
  const [, kind, prefix = ''] = /^(sha256|commit):(.*)$/s.exec(text) ?? []
  if (kind !== undefined) {
    const most = kind === 'sha256' ? 64 : 40
    if (!/^[0-9a-f]+$/.test(prefix) || prefix.length < MIN_PREFIX || prefix.length > most)
      throw invalid(text, `${kind}: takes ${MIN_PREFIX} to ${most} lower-case hex digits.`)
    return { kind: kind === 'sha256' ? 'digest' : 'commit', prefix }
  }
  if (POINTER_NAME.test(text) && !/^v\d+$/i.test(text)) return { kind: 'alias', name: text }
  throw invalid(text, FORMS)
}

/** `MODEL@VERSION`; without `@` the version is `latest`. Throws VERSION_NAME_INVALID. */
export function parseModelVersion(text: string): { readonly model: string; readonly version: VersionName } {
  const at = text.indexOf('@')
  const [model, version] = at < 0 ? [text, LATEST] : [text.slice(0, at), text.slice(at + 1)]
  if (model === '') throw invalid(text, 'Write MODEL@VERSION, such as digits@production.')
  return { model, version: parseVersionName(version) }
}

/** As it is written behind the `@`. */
export function formatVersionName(name: VersionName): string {
  switch (name.kind) {
    case 'number':
      return `v${name.number}`
    case 'alias':
      return name.name
    case 'digest':
      return `sha256:${name.prefix}`
    case 'commit':
      return `commit:${name.prefix}`
    case 'id':
      return name.id
  }
}

/**
 * A name that somebody may set. Throws ALIAS_INVALID for what reads as something else, and for the names in
 * `reserved`, which Ballast keeps itself.
 */
export function checkAliasName(name: string, reserved: readonly string[]): string {
  const shown = `'${name.slice(0, 80)}'`
  if (!ALIAS_NAME.test(name) || /^v\d+$/i.test(name) || /^(?:ver_|sha256|commit)/i.test(name)) {
    throw new RegistryError('ALIAS_INVALID', {
      message: `${shown} can't be an alias`,
      hint: "Begin with a letter; letters, digits, '.', '_' and '-', 63 at most; not like v3, ver_…, sha256 or commit.",
    })
  }
  const taken = [LATEST, ...reserved].find(other => other.toLowerCase() === name.toLowerCase())
  if (taken === undefined) return name
  throw new RegistryError('ALIAS_INVALID', {
    message: `The alias ${shown} is kept by Ballast itself`,
    hint:
      taken === LATEST
        ? 'It is the newest version. Choose another name.'
        : `It is what serves in ${taken}: deploy there, or \`ballast rollback\`; or choose another name.`,
  })
}

function invalid(text: string, hint: string): RegistryError {
  return new RegistryError('VERSION_NAME_INVALID', {
    message: `'${text.slice(0, 100)}' names no version`,
    hint,
  })
}
