import { lstat, realpath } from 'node:fs/promises'
import { dirname, isAbsolute, join, normalize, relative, sep } from 'node:path'
import { CoreError, systemCode } from './errors.ts'

/**
 * The real path of `path` inside `folder`. Throws PATH_ESCAPES when the name is absolute, climbs out, or a
 * link on the way leads out; FILE_UNREADABLE when nothing is there.
 */
export async function resolveInside(folder: string, path: string): Promise<string> {
  const normal = normalize(path)
  if (isAbsolute(path) || normal === '..' || normal.startsWith(`..${sep}`) || path.includes('\0'))
    throw escapes(folder, path)
  const root = await realpath(folder)
  let real: string
  try {
    real = await realpath(join(root, normal))
  } catch (cause) {
    if (await leadsOut(root, join(root, normal))) throw escapes(folder, path)
    const missing = systemCode(cause) === 'ENOENT' || systemCode(cause) === 'ENOTDIR'
    throw new CoreError('FILE_UNREADABLE', {
      message: missing ? `There is no file ${path}` : `Could not read ${path} (${systemCode(cause)})`,
      hint: 'Paths are relative to the folder of ballast.yaml; check the name and that the file was committed.',
      cause,
    })
  }
  if (!isInside(root, real)) throw escapes(folder, path)
  return real
}

/**
 * Whether a path that can't be resolved ends at a dangling link, or goes on behind one that leads out: then
 * nobody is told what is out there and what is not.
 */
async function leadsOut(root: string, path: string): Promise<boolean> {
  for (let part = path; part !== root && isInside(root, part); part = dirname(part)) {
    const found = await lstat(part).catch(() => undefined)
    if (!found) continue
    const real = await realpath(part).catch(cause => (systemCode(cause) === 'ENOENT' ? undefined : part))
    return real === undefined || !isInside(root, real)
  }
  return false
}

/** Whether the absolute path `path` is `folder` or below it (by name only). */
export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way))
}

function escapes(folder: string, path: string): CoreError {
  return new CoreError('PATH_ESCAPES', {
    message: `The path '${path}' leads out of ${folder}`,
    hint: 'Name a file inside the repository; a link may not lead out of it.',
    details: { path },
  })
}
