import type { Range, Wire } from '../../protobuf/wire.ts'
import type { TensorflowFailures } from '../failures.ts'
import { MAX_NAME_BYTES } from '../limits.ts'

/** What TensorFlow 2's tree of saved objects says, as far as a reader wants it. */
export interface SavedObjects {
  /** Whether a variable is trainable, by its object. */
  readonly trainable: ReadonlyMap<number, boolean>
  /** What the root object is: `_tf_keras_sequential`, `_generic_user_object`. */
  readonly root: string
  /** The root's own metadata: JSON in Keras 2. */
  readonly rootMetadata: string
  /** Functions that whoever loads the model can call. */
  readonly functions: readonly string[]
}

const MAX_OBJECTS = 2_000_000
/** Keras' configuration of a whole model. */
export const MAX_METADATA_BYTES: number = 16 * 1024 * 1024

/**
 * A SavedObjectGraph: 1 nodes, each with 4 user_object (1 identifier, 3 metadata), 7 variable (3 trainable),
 * 8 bare_concrete_function (1 name) or 6 function (1 concrete_functions).
 */
export async function readSavedObjects(
  wire: Wire,
  range: Range,
  fail: TensorflowFailures,
): Promise<SavedObjects> {
  const trainable = new Map<number, boolean>()
  const functions = new Set<string>()
  let [root, rootMetadata] = ['', '']
  let node = -1
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes' || field.number !== 1) return
    if (++node >= MAX_OBJECTS)
      throw fail.limit(
        { name: wire.source.name, offset: field.range.start },
        `more than ${MAX_OBJECTS} objects`,
      )
    await wire.walk(field.range, async part => {
      if (part.kind !== 'bytes') return
      if (part.number === 7) trainable.set(node, await isTrainable(wire, part.range))
      if (part.number === 6 || part.number === 8) await addFunctions(wire, part.range, functions)
      if (part.number === 4 && node === 0) [root, rootMetadata] = await readUserObject(wire, part.range)
    })
  })
  return { trainable, root, rootMetadata, functions: Array.from(functions) }
}

async function isTrainable(wire: Wire, range: Range): Promise<boolean> {
  let trainable = false
  await wire.walk(range, field => {
    if (field.kind === 'varint' && field.number === 3) trainable = field.value !== 0n
  })
  return trainable
}

async function addFunctions(wire: Wire, range: Range, functions: Set<string>): Promise<void> {
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1)
      functions.add(await wire.text(field.range, MAX_NAME_BYTES, 'the name of a function'))
  })
}

async function readUserObject(wire: Wire, range: Range): Promise<[string, string]> {
  let [identifier, metadata] = ['', '']
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) identifier = await wire.text(field.range, MAX_NAME_BYTES, 'the kind of an object')
    if (field.number === 3)
      metadata = await wire.text(field.range, MAX_METADATA_BYTES, 'metadata of an object')
  })
  return [identifier, metadata]
}
