import type { ModelInput } from '../../ports.ts'
import { Wire } from '../../protobuf/wire.ts'
import { type TensorflowFailures, tensorflowFailures } from '../failures.ts'
import { type GraphParts, readGraphParts, readProgramFunction } from './graph.ts'
import type { ProgramFunction, TensorflowProgram } from './types.ts'

const fail = tensorflowFailures(
  'TensorFlow graph',
  'Write the graph again with TensorFlow, as binary protobuf.',
)

/** The program of a frozen graph: a GraphDef in a file. */
export async function frozenProgram(input: ModelInput): Promise<TensorflowProgram> {
  const wire = new Wire(input.source, fail.wire)
  const parts = await readGraphParts(wire, wire.whole, fail)
  return {
    nodes: parts.nodes,
    function: functionsOf(wire, parts, fail),
    signatures: [],
    initializers: [],
    restore: '',
    assets: new Map(),
    checkpoint: () => undefined,
  }
}

/** Reads each function once, when it is asked for. */
export function functionsOf(
  wire: Wire,
  { functions }: GraphParts,
  failures: TensorflowFailures,
): TensorflowProgram['function'] {
  const read = new Map<string, ProgramFunction>()
  return async name => {
    const range = functions.get(name)
    if (!range) return undefined
    const known = read.get(name) ?? (await readProgramFunction(wire, range, failures))
    read.set(name, known)
    return known
  }
}
