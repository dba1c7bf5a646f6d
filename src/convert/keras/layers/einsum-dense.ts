import { invalid } from '../config.ts'
import { floating } from '../emit.ts'
import { type ConvertLayer, full, type LayerTable } from '../layer.ts'

/** `abc,cd->abd`, with `...` for axes that both keep. */
const EQUATION = /^[a-zA-Z.]+,[a-zA-Z.]+->[a-zA-Z.]*$/

/** einsum(x, kernel) + bias, whose shape has ones where it is the same for all. */
const einsumDense: ConvertLayer = call => {
  const { b, config, dtype } = call
  const equation = config.text('equation').replaceAll(' ', '')
  if (!EQUATION.test(equation))
    throw invalid(`The equation of EinsumDense '${call.name}' is '${equation.slice(0, 100)}'`)
  const x = floating(b, call.inputs[0], dtype)
  const attributes = { equation: { text: equation } }
  const y = b.op('Einsum', [x, call.weight('kernel', 0)], { attributes })
  const biased = config.has('bias_axes') ? b.op('Add', [y, call.weight('bias', 1)]) : y
  return [call.activate(biased)]
}

export const einsumDenses: LayerTable = { EinsumDense: full(einsumDense, 'stops') }
