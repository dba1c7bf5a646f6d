import type { Contents } from './walk.ts'

/** A place where a file asks its reader to open another one. Ours never does; others' do. */
export interface Hdf5Hazard {
  readonly kind: 'external-link' | 'external-file' | 'virtual-dataset' | 'user-link'
  /** Of the link or dataset. */
  readonly path: string
  /** What it points to: a file's name, with an object in it behind a colon where one is named. */
  readonly target: string
}

/** All such places, in the order of the walk. */
export function hdf5Hazards({ links, datasets }: Contents): readonly Hdf5Hazard[] {
  const found: Hdf5Hazard[] = []
  for (const { path, link } of links) {
    if (link.kind === 'external')
      found.push({ kind: 'external-link', path, target: `${link.file}:${link.target}` })
    if (link.kind === 'other') found.push({ kind: 'user-link', path, target: `link type ${link.type}` })
  }
  for (const { path, info } of datasets) {
    const kind = info.layout.kind === 'virtual' ? 'virtual-dataset' : 'external-file'
    for (const { file, dataset } of info.outside)
      found.push({ kind, path, target: dataset === undefined ? file : `${file}:${dataset}` })
  }
  return found
}
