import {
  loadReader,
  type OpenedModel,
  type TorchArgument,
  type TorchCall,
  type TorchInput,
  type TorchProgram,
} from '../../formats/index.ts'
import { ConvertError } from '../errors.ts'
import { GraphBuilder } from '../graph/builder.ts'
import type { Shape, Source, Value } from '../graph/types.ts'
import { Refusal, Refusals } from '../refusals.ts'
import type { Conversion, Converter } from '../types.ts'
import { AtenCall, Missing, onnxDtype } from './op.ts'
import { converterOf, isInPlace, isSilent } from './ops/index.ts'
import { weightOf } from './weights.ts'

/** A program of torch.export as ONNX: inputs and outputs under the program's names, keys of a dictionary as they are. */
export const convertTorch: Converter = async (model: OpenedModel): Promise<Conversion> => {
  if (!model.input)
    throw new ConvertError('CONVERT_FORMAT', {
      message: `${model.file.name} is no file of one program`,
      hint: 'Name the .pt2 file.',
    })
  const { readTorchProgram } = await loadReader.pytorch()
  const program = await readTorchProgram(model.input)
  return new Conversions(model, program).run()
}

class Conversions {
  readonly #model: OpenedModel
  readonly #program: TorchProgram
  readonly #graph = new GraphBuilder()
  readonly #values = new Map<string, Value>()
  readonly #refusals = new Refusals()

  constructor(model: OpenedModel, program: TorchProgram) {
    this.#model = model
    this.#program = program
  }

  async run(): Promise<Conversion> {
    const { inputs, outputs, calls, outputNames } = this.#program
    const needed = neededCalls(this.#program)
    for (const input of inputs) if (input.name !== '') await this.#input(input)
    const names = uniqueNames(outputNames ?? outputs, new Set(inputs.map(({ name }) => name)))
    for (const name of names) this.#graph.reserve(name)
    for (const call of calls) if (needed.has(call)) await this.#call(call)
    this.#refusals.check(this.#model.file.name)
    for (const [i, output] of outputs.entries()) {
      const value = this.#values.get(output)
      if (!value) throw missing(output)
      this.#graph.output(names[i]!, value)
    }
    const { producer } = this.#model.file
    const built = this.#graph.build({ name: this.#model.file.what ?? 'program' })
    return { ...built, notes: producer ? [`exported by ${producer}`] : [] }
  }

  async #input(input: TorchInput): Promise<void> {
    const { name, tensor, dtype, shape } = input
    const source: Source = { name: tensor ?? name, kind: tensor === undefined ? 'input' : 'parameter' }
    try {
      if (tensor !== undefined) {
        this.#values.set(name, await weightOf(this.#model, tensor, this.#graph.at(source)))
        return
      }
      if (dtype === undefined || !shape)
        throw new Refusal('an input that is a number', 'Export with tensors as inputs.')
      const type = { dtype: onnxDtype(dtype, dtype), shape: namedAxes(shape, this.#program) }
      this.#values.set(name, this.#graph.input(name, type))
    } catch (error) {
      this.#refuse(source, error)
    }
  }

  async #call(call: TorchCall): Promise<void> {
    const { target, outputs, module } = call
    const source: Source = module
      ? { name: module.path, kind: module.className }
      : { name: outputs[0] || target, kind: target }
    const converter = converterOf(target)
    if (!converter) {
      this.#refusals.add({ name: outputs[0] || source.name, kind: target })
      return
    }
    try {
      const given = new AtenCall(target, call.arguments, this.#graph.at(source), name =>
        this.#values.get(name),
      )
      const result = await converter.convert(given)
      const values = Array.isArray(result) ? (result as readonly Value[]) : [result as Value]
      for (const [i, name] of outputs.entries()) if (values[i]) this.#values.set(name, values[i])
      if (isInPlace(target)) this.#changed(call, values[0]!)
    } catch (error) {
      this.#refuse({ name: outputs[0] || source.name, kind: target }, error)
    }
  }

  /** What was changed in place is from now on what it was changed to, in its own type. */
  #changed({ arguments: given }: TorchCall, value: Value): void {
    const target = given.get('self')
    if (isValue(target)) this.#values.set(target.name, value)
  }

  #refuse(source: Source, error: unknown): void {
    // What depends on something refused was told with that.
    if (error instanceof Missing) return
    if (!(error instanceof Refusal)) throw error
    this.#refusals.add(source, error.why, error.hint)
  }
}

function isValue(argument: TorchArgument | undefined): argument is Extract<TorchArgument, { kind: 'value' }> {
  return typeof argument === 'object' && argument !== null && 'kind' in argument && argument.kind === 'value'
}

function missing(name: string): ConvertError {
  return new ConvertError('CONVERT_INVALID', {
    message: `The program gives '${name.slice(0, 100)}', which nothing in it makes`,
    hint: 'Export the program again.',
  })
}

/** Calls on whose results the outputs depend: what only checks something is left out, and may be unknown. */
function neededCalls({ calls, outputs }: TorchProgram): ReadonlySet<TorchCall> {
  const wanted = new Set(outputs)
  const needed = new Set<TorchCall>()
  for (const call of calls.toReversed()) {
    const self = call.arguments.get('self')
    const changes = isInPlace(call.target) && isValue(self) && wanted.has(self.name)
    if (isSilent(call.target) || !(changes || call.outputs.some(name => wanted.has(name)))) continue
    needed.add(call)
    for (const argument of call.arguments.values()) collect(argument, wanted)
  }
  return needed
}

function collect(argument: TorchArgument, into: Set<string>): void {
  if (Array.isArray(argument)) for (const item of argument as readonly TorchArgument[]) collect(item, into)
  else if (isValue(argument)) into.add(argument.name)
}

/** A symbol of torch (`s77`) that is the first axis of the first input is the batch, `N`; other free axes keep their names. */
function namedAxes(shape: readonly (number | string | null)[], { inputs }: TorchProgram): Shape {
  const batch = inputs.find(input => input.tensor === undefined && input.shape)?.shape?.[0]
  return shape.map(size => (typeof size === 'string' && size === batch ? 'N' : size))
}

function uniqueNames(names: readonly string[], taken: Set<string>): readonly string[] {
  return names.map(wanted => {
    let name = wanted
    for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`
    taken.add(name)
    return name
  })
}
