import { elementCount, type Tensor } from '../../core/index.ts'
import { ModelError } from '../errors.ts'
import { formatSpec } from '../signature.ts'
import type { ModelSignature, TensorSpec } from '../types.ts'

/**
 * Holds what is to be run against the signature, before native code sees it. Throws INPUT_MISSING,
 * PORT_UNKNOWN, INPUT_DTYPE or INPUT_SHAPE, naming what was expected and found.
 */
export function checkInputs(signature: ModelSignature, inputs: Readonly<Record<string, Tensor>>): void {
  for (const spec of signature.inputs) {
    if (!Object.hasOwn(inputs, spec.name)) {
      throw new ModelError('INPUT_MISSING', {
        message: `The input ${formatSpec(spec)} is missing; found ${Object.keys(inputs).join(', ') || 'none'}`,
        hint: 'Give every input of the model.',
        details: { input: spec.name },
      })
    }
    checkInput(spec, inputs[spec.name]!)
  }
  const extra = Object.keys(inputs).find(name => !signature.inputs.some(spec => spec.name === name))
  if (extra !== undefined) {
    throw new ModelError('PORT_UNKNOWN', {
      message: `The model has no input '${extra}'; it has ${signature.inputs.map(formatSpec).join(', ')}`,
      hint: 'Leave it out, or check its name.',
      details: { input: extra },
    })
  }
}

function checkInput(spec: TensorSpec, tensor: Tensor): void {
  // Words are put together where something is wrong: this runs for every request.
  const found = () => formatSpec({ ...tensor, name: spec.name })
  if (tensor.dtype !== spec.dtype) {
    throw new ModelError('INPUT_DTYPE', {
      message: `Expected ${formatSpec(spec)}, found ${found()}`,
      hint: `Give ${spec.dtype} values.`,
      details: { input: spec.name, expected: spec.dtype, found: tensor.dtype },
    })
  }
  const sane = tensor.shape.every(size => Number.isSafeInteger(size) && size >= 0)
  if (!sane || elementCount(tensor.shape) !== tensor.data.length) {
    throw shapeError(spec, tensor, `The shape of ${found()} does not hold its ${tensor.data.length} elements`)
  }
  // The runtime tells a scalar and a shape that was never declared alike: both are empty.
  if (spec.shape.length > 0 && !fits(spec.shape, tensor.shape)) {
    throw shapeError(spec, tensor, `Expected ${formatSpec(spec)}, found ${found()}`)
  }
}

function fits(expected: TensorSpec['shape'], found: readonly number[]): boolean {
  return (
    expected.length === found.length &&
    expected.every((size, axis) => typeof size !== 'number' || size === found[axis])
  )
}

function shapeError(spec: TensorSpec, tensor: Tensor, message: string): ModelError {
  return new ModelError('INPUT_SHAPE', {
    message,
    hint: 'Sizes must be equal, axis by axis; a named axis (such as N) or ? takes any size.',
    details: { input: spec.name, expected: spec.shape, found: tensor.shape },
  })
}
