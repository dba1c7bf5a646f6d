import { type ByteSource, openFile, resolveInside } from '../../core/index.ts'
import { failing } from '../errors.ts'
import type { OnnxDescription } from './types.ts'

const refused = failing(
  'ONNX_EXTERNAL_PATH',
  'Save the external data beside the model, under a plain relative name.',
)

/**
 * Whether external data may be at `location`: a relative path that stays in the model's folder, whichever system
 * reads it (a backslash separates on some). Throws ONNX_EXTERNAL_PATH. Links are judged when it is opened.
 */
export function checkLocation(location: string, tensor: string): void {
  const why = locationFault(location)
  if (why) {
    throw refused(`The tensor '${tensor}' has its data in '${location.slice(0, 200)}', which ${why}`, {
      details: { tensor, location },
    })
  }
}

/** Opens external data in the model's real folder; a link that leads out throws PATH_ESCAPES. */
export async function openExternal(folder: string, location: string): Promise<ByteSource> {
  checkLocation(location, '')
  return openFile(await resolveInside(folder, location))
}

/**
 * Holds a model's external files against what is in its folder. Throws PATH_ESCAPES for links that lead out,
 * FILE_UNREADABLE for missing ones, ONNX_TRUNCATED for files that are too short.
 */
export async function checkExternalFiles(description: OnnxDescription, folder: string): Promise<void> {
  for (const { location, bytes } of description.external) {
    const source = await openExternal(folder, location)
    await source.close()
    if (source.size < bytes) {
      throw failing(
        'ONNX_TRUNCATED',
        'The file is truncated: fetch or export it again.',
      )(`The external data ${location} has ${source.size} bytes, and the model needs ${bytes}`)
    }
  }
}

/** Why a location is none that external data may have; undefined for a plain one. */
export function locationFault(location: string): string | undefined {
  if (location === '') return 'is empty'
  if (location.includes('\0')) return 'holds a NUL'
  if (/^[/\\]/.test(location) || /^[A-Za-z]:/.test(location)) return 'is absolute'
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(location)) return 'is a URL'
  if (location.split(/[/\\]/).includes('..')) return 'climbs out of the folder'
  return undefined
}
