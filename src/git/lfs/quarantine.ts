import { join } from 'node:path'

/** As receive-pack names it: `tmp_objdir-incoming-XXXXXX` below the repository's objects. */
const NAME = /^(tmp_objdir-)?incoming-[A-Za-z0-9]{1,32}$/

export function isQuarantine(name: string): boolean {
  return NAME.test(name)
}

/**
 * Where a git finds objects that were pushed and not yet accepted: in the quarantine, which only the hooks of that
 * push see by themselves, and beside it in the repository (githooks(5), git-receive-pack(1) "Quarantine").
 */
export function quarantineEnvironment(
  directory: string,
  quarantine: string | undefined,
): Readonly<Record<string, string>> {
  if (quarantine === undefined) return {}
  if (!isQuarantine(quarantine)) throw new TypeError('No name of a quarantine')
  const objects = join(directory, 'objects')
  // A list of paths parted by colons, so each is quoted as a string of C.
  const quoted = objects.replaceAll(/["\\]/g, '\\$&')
  return {
    GIT_OBJECT_DIRECTORY: join(objects, quarantine),
    GIT_ALTERNATE_OBJECT_DIRECTORIES: `"${quoted}"`,
  }
}
