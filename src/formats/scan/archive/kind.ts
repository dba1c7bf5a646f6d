/** What an archive is for, by its entries' names; `zip` for anything else. */
export function archiveKind(names: readonly string[]): string {
  const all = new Set(names)
  if (all.has('config.json') && names.some(name => /^model\.weights\.(?:h5|npz|json)$/.test(name)))
    return 'keras'
  const below = new Set(names.map(name => name.slice(name.indexOf('/') + 1)))
  if (isTorchScript(names)) return 'torchscript'
  if (below.has('archive_format') || below.has('serialized_exported_program.json')) return 'pt2'
  if (below.has('data.pkl')) return 'pytorch'
  return names.length > 0 && names.every(name => name.endsWith('.npy')) ? 'npz' : 'zip'
}

/** Code that torch compiles, and the constants that belong to it. */
export function isTorchScript(names: readonly string[]): boolean {
  const below = new Set(names.map(name => name.slice(name.indexOf('/') + 1)))
  return below.has('constants.pkl') || names.some(name => /^(?:[^/]+\/)?code\/.+\.py$/.test(name))
}

/** Raw elements of a tensor in PyTorch's archives: `archive/data/12`, `model/data/weights/weight_0`. */
export function isStorage(name: string): boolean {
  return /(?:^|\/)(?:data|constants|tensors|storages)\/(?:weights\/|constants\/)?(?:\d+|weight_\d+|tensor_\d+)$/.test(
    name,
  )
}
