import { knownElements } from './constants.ts'
import type { Edge } from './edges.ts'
import { tensor } from './edges.ts'
import type { OpCall, OpConverter } from './op.ts'
import type { Step } from './step.ts'

/** Gives an op's converter what it takes, and makes edges of what it gives. */
export async function convertOp(
  { convert }: OpConverter,
  step: Step,
): Promise<readonly (Edge | undefined)[]> {
  const { node, source, emitter, inputs, attributes, isUsed, value, invalid } = step
  const values = inputs.map((_, i) => value(i))
  const constant: OpCall['constant'] = input => knownElements(value(input), `input ${input}`)
  const call: OpCall = {
    op: node.op,
    name: source.name,
    emitter,
    inputs: values,
    attributes,
    isUsed,
    constant,
    async integers(input) {
      const { elements } = await constant(input)
      return elements.map(element => {
        if (Number.isSafeInteger(element)) return element as number
        throw invalid(`its input ${input} has ${String(element).slice(0, 40)} where an integer is expected`)
      })
    },
  }
  const made = await convert(call)
  return ('dtype' in made ? [made] : made).map(one => one && tensor(one))
}
