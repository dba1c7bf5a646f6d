import type { ByteSource } from '../../core/index.ts'
import { FormatsError } from '../errors.ts'
import { openZip } from '../zip/archive.ts'
import { type NpyArray, type NpyOptions, openNpy } from './array.ts'

/** The arrays of a .npz file, by the names that numpy.savez was given. */
export interface Npz {
  readonly names: readonly string[]
  /** Reads the header only, or unpacks a compressed array. Throws as `openNpy`, or ZIP_ENTRY_MISSING. */
  array(name: string, options?: NpyOptions): Promise<NpyArray>
}

/** A .npz file: a zip archive of .npy files. Throws as `openZip`. */
export async function openNpz(source: ByteSource): Promise<Npz> {
  const archive = await openZip(source)
  const names = archive.entries
    .filter(({ name }) => name.endsWith('.npy'))
    .map(({ name }) => name.slice(0, -4))
  return {
    names,
    async array(name, options) {
      if (!names.includes(name)) {
        throw new FormatsError('ZIP_ENTRY_MISSING', {
          message: `${source.name} has no array '${name}'`,
          hint: `It has ${names.slice(0, 20).join(', ') || 'no arrays at all'}.`,
        })
      }
      return openNpy(await archive.open(`${name}.npy`), options)
    },
  }
}
