import type { DataFormat, ModelFormat } from '../types.ts'

/** What a file is known as before it is read: a format, or the index of a model that lies in several files. */
export type Detected = ModelFormat | Exclude<DataFormat, 'image-folder'> | 'keras-shards' | 'pytorch-shards'
