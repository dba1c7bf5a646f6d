import { sourceOf } from '../../core/index.ts'
import { type Range, Wire } from '../protobuf/wire.ts'
import type { BundleReading } from './bundle/read.ts'
import { textBytes } from './bundle/text.ts'
import type { TensorflowFailures } from './failures.ts'
import { MAX_NAME_BYTES, MAX_TENSORS } from './limits.ts'

/** Where TensorFlow 2 keeps the tree of objects that a checkpoint was made from. */
export const OBJECT_GRAPH_KEY = '_CHECKPOINTABLE_OBJECT_GRAPH'
/** Objects of one model: some ten for each layer. */
const MAX_OBJECTS = 2_000_000

/** What the object graph says of a checkpoint's tensor. */
export interface TrackedTensor {
  /** The variable's own name, as its maker gave it: `dense/kernel`. */
  readonly fullName: string
  /** The object that has it. */
  readonly node: number
}

export interface ObjectGraph {
  /** By checkpoint key. */
  readonly tensors: ReadonlyMap<string, TrackedTensor>
  /** Objects that are an optimiser's state. */
  readonly slots: ReadonlySet<number>
}

/** Reads the object graph of a checkpoint; undefined for one of TensorFlow 1, which has none. */
export async function readObjectGraph(reading: BundleReading): Promise<ObjectGraph | undefined> {
  const entry = reading.index.entries.get(OBJECT_GRAPH_KEY)
  const place = { name: `${reading.name}, ${OBJECT_GRAPH_KEY}` }
  if (entry?.shape.length !== 0 || entry.slices.length > 0) return undefined
  const texts = textBytes(reading, entry, 1, place, bytes => Uint8Array.from(bytes))
  let graph: ObjectGraph | undefined
  for await (const bytes of texts) graph = await parse(bytes, place.name, reading.fail)
  return graph
}

/** A TrackableObjectGraph: 1 nodes (2 attributes, 3 slot_variables). */
async function parse(bytes: Uint8Array, name: string, fail: TensorflowFailures): Promise<ObjectGraph> {
  const wire = new Wire(sourceOf(bytes, name), fail.wire)
  const tensors = new Map<string, TrackedTensor>()
  const slots = new Set<number>()
  let node = -1
  await wire.walk(wire.whole, async field => {
    if (field.kind !== 'bytes' || field.number !== 1) return
    if (++node >= MAX_OBJECTS) throw fail.limit({ name }, `more than ${MAX_OBJECTS} objects`)
    await wire.walk(field.range, async part => {
      if (part.kind !== 'bytes') return
      if (part.number === 2) {
        const { key, fullName } = await readAttribute(wire, part.range)
        tensors.set(key, { fullName, node })
        if (tensors.size > MAX_TENSORS) throw fail.limit({ name }, `more than ${MAX_TENSORS} tensors`)
      } else if (part.number === 3) slots.add(await readSlot(wire, part.range))
    })
  })
  return { tensors, slots }
}

/** A SerializedTensor: 2 full_name, 3 checkpoint_key. */
async function readAttribute(wire: Wire, range: Range): Promise<{ key: string; fullName: string }> {
  let [key, fullName] = ['', '']
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes' || field.number > 3) return
    const text = await wire.text(field.range, MAX_NAME_BYTES, 'the name of a variable')
    if (field.number === 2) fullName = text
    if (field.number === 3) key = text
  })
  return { key, fullName }
}

/** A SlotVariableReference: 3 slot_variable_node_id. */
async function readSlot(wire: Wire, range: Range): Promise<number> {
  let node = 0
  await wire.walk(range, field => {
    if (field.kind === 'varint' && field.number === 3) node = Number(field.value)
  })
  return node
}
