import type { ByteSource } from '../../core/index.ts'
import type { ModelFormat } from '../types.ts'
import { openZip } from '../zip/archive.ts'

/**
 * Which model a zip archive is, by the names of its entries; undefined for any other archive. PyTorch puts everything
 * below one folder of any name. Throws as `openZip`.
 */
export async function zipKind(source: ByteSource): Promise<ModelFormat | undefined> {
  const names = (await openZip(source)).entries.filter(({ directory }) => !directory).map(({ name }) => name)
  const set = new Set(names)
  if (set.has('config.json') && (set.has('model.weights.h5') || set.has('model.weights.json'))) return 'keras'
  const inner = names.map(name => name.slice(name.indexOf('/') + 1))
  const below = new Set([...inner, ...names])
  const exported = ['serialized_exported_program.json', 'archive_format', 'models/model.json']
  if (exported.some(name => below.has(name)) || inner.some(name => /^models\/[^/]+\.json$/.test(name)))
    return 'pt2'
  if (below.has('constants.pkl') || inner.some(name => name.startsWith('code/'))) return 'torchscript'
  if (below.has('data.pkl')) return 'pytorch'
  return names.length > 0 && names.every(name => name.endsWith('.npy')) ? 'npz' : undefined
}
