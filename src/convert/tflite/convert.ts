import {
  type LiteOperator,
  type LiteProgram,
  type LiteSubgraph,
  type LiteTensor,
  loadReader,
  type OnnxDtype,
  type OpenedModel,
  type Signature,
} from '../../formats/index.ts'
import { ConvertError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Emitter, Value } from '../graph/types.ts'
import { Refusal, Refusals } from '../refusals.ts'
import type { Conversion, Converter, ConvertOptions } from '../types.ts'
import { constantOf } from './constants.ts'
import { flowOf } from './flow.ts'
import type { LiteCall } from './op.ts'
import { OPERATORS } from './ops/index.ts'
import { dequantized, isQuantized, quantized } from './quantize.ts'

/**
 * A model of TensorFlow Lite as ONNX, under the names of its signature. Quantized tensors are computed as the real
 * numbers that they stand for, rounded to their scales between operators; inputs and outputs keep their stored types.
 */
export const convertTflite: Converter = async (
  model: OpenedModel,
  options: ConvertOptions,
): Promise<Conversion> => {
  if (!model.input)
    throw new ConvertError('CONVERT_FORMAT', {
      message: `${model.file.name} is no file of one model`,
      hint: 'Name the .tflite file.',
    })
  const { readLiteProgram } = await loadReader.tflite()
  const program = await readLiteProgram(model.input)
  return new LiteConversion(model.file.name, program).run(signatureOf(program, options, model.file.name))
}

function signatureOf({ signatures }: LiteProgram, { signature }: ConvertOptions, file: string): Signature {
  const found =
    signatures.find(({ name }) => name === (signature ?? 'serving_default')) ??
    (signature === undefined ? signatures[0] : undefined)
  if (found) return found
  throw new ConvertError('CONVERT_INVALID', {
    message: `${file} has no signature '${signature ?? ''}'`,
    hint: `It has ${signatures.map(({ name }) => name).join(', ') || 'none'}.`,
  })
}

/** Branches and loops in each other; a graph may name itself. */
const MAX_DEPTH = 16

/** What a graph's tensors are so far, by their places. */
export type Values = Map<number, Value>

export class LiteConversion {
  readonly #file: string
  readonly #program: LiteProgram
  readonly #graph = new GraphBuilder()
  readonly #refusals = new Refusals()
  #depth = 0

  constructor(file: string, program: LiteProgram) {
    this.#file = file
    this.#program = program
  }

  async run(signature: Signature): Promise<Conversion> {
    const main = this.#graphOf(signature)
    const places = (ends: Signature['inputs'], among: readonly number[]) =>
      ends.map(({ name, tensor }) => {
        const place = among.find(at => main.tensors[at]!.name === (tensor ?? name))
        if (place === undefined) throw this.#invalid(`the signature names '${name}', which the graph has not`)
        return { name, place, tensor: main.tensors[place]! }
      })
    const values: Values = new Map()
    const outputs = places(signature.outputs, main.outputs)
    for (const { name, place, tensor } of places(signature.inputs, main.inputs)) {
      const type = {
        dtype: dtypeOf(tensor),
        shape: tensor.declaredShape.map((size, i) => (size === null && i === 0 ? 'N' : size)),
      }
      const stored = this.#graph.input(name, type)
      const b = this.#graph.at({ name, kind: 'input' })
      values.set(place, isQuantized(tensor) ? dequantized(b, stored, tensor) : stored)
    }
    for (const { name } of outputs) this.#graph.reserve(name)
    await this.graph(main, values, this.#graph.at({ name: main.name, kind: 'graph' }))
    this.#refusals.check(this.#file)
    for (const { name, place, tensor } of outputs) {
      const b = this.#graph.at({ name, kind: 'output' })
      const value = values.get(place) ?? (await constantOf(this.#program, tensor, b))
      if (!value) throw this.#invalid(`nothing makes the output '${name}'`)
      this.#graph.output(name, isQuantized(tensor) ? quantized(b, value, tensor) : value)
    }
    const steps = Object.fromEntries(outputs.flatMap(({ name, place }) => stepOf(main, place, name)))
    return { ...this.#graph.build({ name: main.name }), notes: [], steps }
  }

  /** A subgraph by its number. */
  subgraph(index: number): LiteSubgraph {
    const found = this.#program.subgraphs[index]
    if (!found)
      throw this.#invalid(`an operator names the graph ${index} of ${this.#program.subgraphs.length}`)
    return found
  }

  /** Computes a graph: its inputs are in `values`, and what its operators give comes there. */
  async graph(graph: LiteSubgraph, values: Values, emitter: Emitter): Promise<void> {
    if (++this.#depth > MAX_DEPTH) throw this.#invalid(`graphs call each other more than ${MAX_DEPTH} deep`)
    for (const operator of graph.operators) {
      const source = { name: nameOf(graph, operator), kind: operator.name }
      const flow = operator.custom ? undefined : flowOf(operator.name)
      const converter = Object.hasOwn(OPERATORS, operator.name) ? OPERATORS[operator.name] : undefined
      if (operator.custom || !(converter || flow)) {
        const hint = 'Convert the model to TensorFlow Lite with its builtin operators alone.'
        this.#refusals.add(
          source,
          ...(operator.custom ? (['it is no operator of TensorFlow Lite', hint] as const) : []),
        )
        continue
      }
      try {
        const b = emitter.at(source)
        const call = await this.#call(graph, operator, values, b)
        // What an input depends on was refused already.
        if (!call) continue
        const made = flow ? await flow(this, call) : await converter!.convert(call)
        for (const [i, place] of operator.outputs.entries()) {
          const value = made[i]
          if (place >= 0 && value) values.set(place, settled(b, value, graph.tensors[place]!))
        }
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        this.#refusals.add(source, error.why, error.hint)
      }
    }
    this.#depth--
  }

  /** A tensor's value: what an operator gave, or a constant. */
  async value(graph: LiteSubgraph, place: number, values: Values, b: Emitter): Promise<Value | undefined> {
    return values.get(place) ?? constantOf(this.#program, graph.tensors[place]!, b)
  }

  async #call(
    graph: LiteSubgraph,
    operator: LiteOperator,
    values: Values,
    emitter: Emitter,
  ): Promise<LiteCall | undefined> {
    const inputs: (Value | undefined)[] = []
    for (const place of operator.inputs) {
      const value = place < 0 ? undefined : await this.value(graph, place, values, emitter)
      if (place >= 0 && !value) return undefined
      inputs.push(value)
    }
    return {
      name: emitter.source.name,
      emitter,
      inputs,
      options: operator.options,
      outputs: operator.outputs.map(place => ({
        dtype: dtypeOf(graph.tensors[place]!),
        shape: graph.tensors[place]!.declaredShape,
      })),
    }
  }

  #graphOf({ inputs, outputs }: Signature): LiteSubgraph {
    const named = (graph: LiteSubgraph) => (ends: Signature['inputs'], among: readonly number[]) =>
      ends.every(({ name, tensor }) => among.some(at => graph.tensors[at]!.name === (tensor ?? name)))
    const found = this.#program.subgraphs.find(
      graph => named(graph)(inputs, graph.inputs) && named(graph)(outputs, graph.outputs),
    )
    if (!found) throw this.#invalid('no graph has the inputs and outputs of its signature')
    return found
  }

  #invalid(what: string): ConvertError {
    return new ConvertError('CONVERT_INVALID', {
      message: `${this.#file}: ${what}`.slice(0, 400),
      hint: 'The file contradicts itself; convert the model to TensorFlow Lite again.',
    })
  }
}

/** How far neighbouring answers are apart: 1 where they are stored numbers, the scale where they stood for real ones. */
function stepOf(graph: LiteSubgraph, place: number, name: string): readonly (readonly [string, number])[] {
  if (isQuantized(graph.tensors[place]!)) return [[name, 1]]
  const maker = graph.operators.find(({ outputs }) => outputs.includes(place))
  const from = maker?.name === 'DEQUANTIZE' ? graph.tensors[maker.inputs[0]!] : undefined
  const [scale] = from && isQuantized(from) ? from.quantization!.scale : []
  return scale === undefined ? [] : [[name, scale]]
}

/** The name of what an operator gives: operators have none themselves. */
function nameOf({ tensors }: LiteSubgraph, { name, outputs }: LiteOperator): string {
  const place = outputs.find(at => at >= 0)
  return place === undefined ? name : tensors[place]!.name
}

/** Rounded to its scale, where it has one: then the next operator computes with what is stored. */
function settled(b: Emitter, value: Value, tensor: LiteTensor): Value {
  return isQuantized(tensor) ? dequantized(b, quantized(b, value, tensor), tensor) : value
}

function dtypeOf({ dtype, name }: LiteTensor): OnnxDtype {
  if (dtype === 'object' || dtype === 'unknown') throw new Refusal(`'${name}' is of a type that ONNX has not`)
  return dtype as OnnxDtype
}
