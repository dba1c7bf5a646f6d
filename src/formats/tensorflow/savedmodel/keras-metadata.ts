import type { ByteSource } from '../../../core/index.ts'
import { Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES } from '../limits.ts'
import { MAX_METADATA_BYTES } from './saved-objects.ts'

export interface KerasMetadata {
  /** `_tf_keras_sequential` and the like. */
  readonly identifier: string
  /** The root's configuration, as JSON. */
  readonly json: string
}

/** The root of keras_metadata.pb, a SavedMetadata: 1 nodes (3 node_path, 4 identifier, 5 metadata). */
export async function readKerasMetadata(
  source: ByteSource,
  fail: TensorflowFailures,
): Promise<KerasMetadata | undefined> {
  const wire = new Wire(source, fail.wire)
  let root: KerasMetadata | undefined
  await wire.walk(wire.whole, async field => {
    if (root || field.kind !== 'bytes' || field.number !== 1) return
    let [path, identifier, json] = ['', '', '']
    await wire.walk(field.range, async part => {
      if (part.kind !== 'bytes') return
      if (part.number === 3) path = await wire.text(part.range, MAX_NAME_BYTES, 'the path of an object')
      if (part.number === 4) identifier = await wire.text(part.range, MAX_NAME_BYTES, 'the kind of an object')
      if (part.number === 5) json = await wire.text(part.range, MAX_METADATA_BYTES, "Keras' configuration")
    })
    if (path === 'root') root = { identifier, json }
  })
  return root
}
