import type { AttributeValue, ProgramNode } from '../../../formats/tensorflow/index.ts'
import type { ConvertError } from '../../errors.ts'
import type { FlowConvert, FlowTable } from '../step.ts'

/** The function that an attribute names. Throws what `invalid` makes. */
export function functionName(
  { attributes }: Pick<ProgramNode, 'attributes'>,
  attribute: string,
  invalid: (message: string) => ConvertError,
): string {
  const value: AttributeValue | undefined = attributes.get(attribute)
  if (value?.kind === 'function') return value.name
  throw invalid(`its attribute '${attribute}' names no function`)
}

const call: FlowConvert = step =>
  step.walk.call(functionName(step.node, 'f', step.invalid), step.inputs, step)

/** Functions are put in the place of their calls. */
export const calls: FlowTable = {
  PartitionedCall: { convert: call, open: true },
  StatefulPartitionedCall: { convert: call, open: true },
  BatchFunction: { convert: call, open: true },
}
