export type { DatasetInfo } from './data/dataset.ts'
export type { Hdf5Link } from './group/link.ts'
export { type Hdf5Hazard, hdf5Hazards } from './hazards.ts'
export { notesOf, openHdf5Model, readingOf, versionOf } from './model.ts'
export type { Hdf5Type } from './object/types.ts'
export {
  type Hdf5Attribute,
  type Hdf5Dataset,
  type Hdf5File,
  type Hdf5Group,
  type Hdf5Object,
  openHdf5,
} from './open.ts'
export { tensorOf } from './tensors.ts'
export { type Contents, walkHdf5 } from './walk.ts'
