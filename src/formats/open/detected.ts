import type { DataFormat, ModelFormat } from '../types.ts'

/** What a file is known as before it is read: a format, the index of a model that lies in several files, or a part of one. */
export type Detected =
  | ModelFormat
  | Exclude<DataFormat, 'image-folder'>
  | 'keras-shards'
  | 'pytorch-shards'
  | 'tensorflow-metagraph'
