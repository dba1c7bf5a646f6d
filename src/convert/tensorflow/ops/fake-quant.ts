import type { Emitter, Value } from '../../graph/types.ts'
import type { Convert, OpCall, OpTable } from '../op.ts'
import { emit, input } from './emit.ts'

/**
 * Numbers rounded to the steps that integers of few bits have between `min` and `max`, both moved so that 0 is a step
 * (TensorFlow, "FakeQuantWithMinMaxArgs"):
 *
 *   scale = (max − min) / (high − low), zero = round(low − min / scale) within low … high
 *   y = ⌊(x' − min') / scale + ½⌋ · scale + min', min' = (low − zero) · scale, x' = x between min' and max'
 */
function rounded(call: OpCall, x: Value, min: Value, max: Value): Value {
  const { emitter: b, attributes } = call
  const low = number(b, attributes.bool('narrow_range', false) ? 1 : 0)
  const high = number(b, 2 ** attributes.int('num_bits', 8) - 1)
  const op = (name: string, ...inputs: Value[]): Value => emit(b, name, inputs)
  const half = (v: Value): Value => op('Floor', op('Add', v, number(b, 0.5)))
  const scale = op('Div', op('Sub', max, min), op('Sub', high, low))
  const zero = op('Min', op('Max', half(op('Sub', low, op('Div', min, scale))), low), high)
  const [from, to] = [op('Mul', op('Sub', low, zero), scale), op('Mul', op('Sub', high, zero), scale)]
  const within = op('Min', op('Max', x, from), to)
  const steps = half(op('Div', op('Sub', within, from), scale))
  return op('Add', op('Mul', steps, scale), from)
}

const number = (b: Emitter, value: number): Value => b.scalar('float32', value)

const byAttributes: Convert = call => {
  const { emitter: b, attributes } = call
  const [min, max] = [attributes.float('min', -6), attributes.float('max', 6)]
  return rounded(call, input(call, 0), number(b, min), number(b, max))
}

/** One range for all, or one for each channel, which are the last axis. */
const byInputs: Convert = call => rounded(call, input(call, 0), input(call, 1), input(call, 2))

export const fakeQuantOps: OpTable = {
  FakeQuantWithMinMaxArgs: { convert: byAttributes },
  FakeQuantWithMinMaxVars: { convert: byInputs },
  FakeQuantWithMinMaxVarsPerChannel: { convert: byInputs },
}
