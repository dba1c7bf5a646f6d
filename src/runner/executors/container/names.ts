import { digestOf, hexOf } from '../../../core/index.ts'

/** A reference to an image; no option of the engine looks like it. */
const IMAGE = /^[A-Za-z0-9][A-Za-z0-9._\-/:@+]{0,1023}$/
const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$/

export function isImageName(name: string): boolean {
  return IMAGE.test(name)
}

/** Begins the names of everything that the runner in a folder makes. */
export function prefixOf(dataDir: string): string {
  return `ballast-${hexOf(digestOf(dataDir)).slice(0, 10)}-`
}

/**
 * What belongs to which attempt: `<prefix><attempt>` is its container and its network, `<prefix><attempt>.<n>`
 * its services. Undefined for names of others.
 */
export function attemptIn(name: string, prefix: string): string | undefined {
  return name.startsWith(prefix) ? name.slice(prefix.length).split('.')[0] : undefined
}

/**
 * Host names of a service: those given, and those of its image as GitLab derives them.
 *
 *   tutum/wordpress:latest -> tutum-wordpress, tutum__wordpress
 *   postgres:16            -> postgres
 */
export function hostNames(image: string, given: readonly string[]): readonly string[] {
  const [withoutDigest = ''] = image.split('@')
  const plain = withoutDigest.replace(/:[^:/]*$/, '').replaceAll(':', '')
  const names = [...given, plain.replaceAll('/', '-'), plain.replaceAll('/', '__')]
  return [...new Set(names)].filter(name => HOST_NAME.test(name))
}
