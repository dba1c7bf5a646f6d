import type { OpenedModel } from '../../formats/index.ts'
import { type ProgramNode, readProgram } from '../../formats/tensorflow/index.ts'
import { ConvertError, failing } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Value, ValueType } from '../graph/types.ts'
import { Refusal, Refusals } from '../refusals.ts'
import type { Converter } from '../types.ts'
import { type Edge, REFUSED, tensor } from './edges.ts'
import { mainScope } from './flow/frames.ts'
import { COMPLEX, COMPLEX_HINT, inputType, interfaceOf, type NamedTensor } from './interface.ts'
import { loadResources } from './resources/resources.ts'
import { keyOf } from './scope.ts'
import { Walk } from './walk.ts'

const invalid = failing('CONVERT_INVALID', 'Save the model again with TensorFlow.')

/**
 * SavedModels, frozen graphs and TF.js graph models. Inputs and outputs have the names of the signature; of a frozen
 * graph those of its nodes.
 */
export const convertTensorflow: Converter = async (model, options) => {
  const { input, file } = model
  const program = input && (await readProgram(model, input))
  if (!program) throw noGraph(model)
  const { inputs, outputs } = interfaceOf(program, options.signature, file.format !== 'tensorflow-savedmodel')
  if (outputs.length === 0) throw invalid(`${file.name} gives nothing`)
  const refusals = new Refusals()
  const builder = new GraphBuilder()
  const types = inputTypes(inputs, program.nodes, refusals)
  const given = inputs.map((one, i) => (types[i] ? tensor(builder.input(one.name, types[i])) : REFUSED))
  const names = outputNames(inputs, outputs)
  for (const name of names) builder.reserve(name)
  const scope = mainScope(
    program.nodes,
    inputs.map(({ tensor: { node, index } }) => keyOf(node, index)),
    outputs.map(one => one.tensor),
  )
  const walk = new Walk(program, await loadResources(program, input.tree), refusals)
  const spot = { emitter: builder.at({ name: 'model', kind: 'model' }), prefix: '', depth: 0 }
  const results = await walk.evaluate(scope, given, spot)
  for (const [i, edge] of results.entries())
    if (edge.kind === 'tensor' && COMPLEX.test(edge.value.dtype))
      refusals.add({ name: outputs[i]!.name, kind: 'output' }, 'it is complex', COMPLEX_HINT)
  refusals.check(file.name)
  const renamed = outputs.flatMap(({ name }, i) => {
    builder.output(names[i]!, outputValue(results[i]!, name))
    return names[i] === name ? [] : [`the output '${name}' is called '${names[i]}': an input has its name`]
  })
  return { ...builder.build({ name: file.name }), notes: [...renamed, ...walk.notes] }
}

function noGraph({ file }: OpenedModel): ConvertError {
  return new ConvertError('CONVERT_FORMAT', {
    message: `${file.name} (${file.format}) has no graph that can be computed`,
    hint: 'Convert the SavedModel that belongs to it, or a graph that has been frozen with its variables.',
  })
}

function inputTypes(
  inputs: readonly NamedTensor[],
  nodes: readonly ProgramNode[],
  refusals: Refusals,
): readonly (ValueType | undefined)[] {
  const byName = new Map(nodes.map(node => [node.name, node]))
  return inputs.map((one): ValueType | undefined => {
    try {
      return inputType(one, byName.get(one.tensor.node))
    } catch (cause) {
      if (!(cause instanceof Refusal)) throw cause
      refusals.add({ name: one.name, kind: 'input' }, cause.why, cause.hint)
      return undefined
    }
  })
}

/** What an output is called in ONNX, where inputs and outputs share their names. */
function outputNames(inputs: readonly NamedTensor[], outputs: readonly NamedTensor[]): readonly string[] {
  const taken = new Set(inputs.map(({ name }) => name))
  return outputs.map(({ name }) => {
    let free = name
    while (taken.has(free)) free = `${free}_output`
    taken.add(free)
    return free
  })
}

function outputValue(edge: Edge, name: string): Value {
  if (edge.kind === 'tensor') return edge.value
  throw invalid(`The output '${name}' is no tensor`)
}
