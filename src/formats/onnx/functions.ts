import type { Range, Wire } from '../protobuf/wire.ts'
import { type Gathered, readAttribute, readGraph, readNode } from './graph.ts'

/** A FunctionProto: 7 node, 11 attribute_proto. */
export async function readModelFunction(wire: Wire, range: Range, gathered: Gathered): Promise<void> {
  await wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 7) await readNode(wire, field.range, gathered, 0)
    if (field.number === 11) await readAttribute(wire, field.range, gathered, 0)
  })
}

/** A TrainingInfoProto: 1 initialization, 2 algorithm, both graphs. */
export async function readTraining(wire: Wire, range: Range, gathered: Gathered): Promise<void> {
  await wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number <= 2) await readGraph(wire, field.range, gathered)
  })
}
