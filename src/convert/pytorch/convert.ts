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
import { cast } from '../graph/cast.ts'
import type { Emitter, Shape, Source, Value } from '../graph/types.ts'
import { Refusal, Refusals } from '../refusals.ts'
import type { Conversion, Converter } from '../types.ts'
import { AtenCall, Missing, onnxDtype } from './op.ts'
import { converterOf, isInPlace, isSilent } from './ops/index.ts'
import { byBase, nameOf, type View, viewsOf } from './views.ts'
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
  readonly #views: ReadonlyMap<string, View>
  readonly #viewsOf: ReadonlyMap<string, readonly string[]>

  constructor(model: OpenedModel, program: TorchProgram) {
    this.#model = model
    this.#program = program
    this.#views = viewsOf(program.calls)
    this.#viewsOf = byBase(this.#views)
  }

  async run(): Promise<Conversion> {
    const { inputs, outputs, calls, outputNames } = this.#program
    const needed = neededCalls(this.#program, this.#views)
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
      const values = await this.#made(call, this.#graph.at(source), name => this.#values.get(name))
      for (const [i, name] of outputs.entries()) if (values[i]) this.#values.set(name, values[i])
      if (isInPlace(target)) await this.#changed(call, values[0]!, this.#graph.at(source))
    } catch (error) {
      this.#refuse({ name: outputs[0] || source.name, kind: target }, error)
    }
  }

  async #made(
    { target, arguments: given }: TorchCall,
    emitter: Emitter,
    find: (name: string) => Value | undefined,
  ): Promise<readonly Value[]> {
    const result = await converterOf(target)!.convert(new AtenCall(target, given, emitter, find))
    return Array.isArray(result) ? (result as readonly Value[]) : [result as Value]
  }

  /**
   * What was changed in place is from now on what it was changed to, and so is every other view of the same memory. A
   * view is put back at the places that it has in its base: those that its calls find in a tensor of numbers.
   */
  async #changed({ arguments: given }: TorchCall, value: Value, b: Emitter): Promise<void> {
    const self = nameOf(given.get('self'))
    if (self === undefined) return
    const view = this.#views.get(self)
    const base = view?.base ?? self
    const whole = this.#values.get(base)
    if (!whole) throw new Missing(base)
    const before = this.#values.get(self) ?? value
    const same = cast(b, value, before.dtype)
    this.#values.set(base, view ? await this.#putBack(view, whole, same, b) : same)
    for (const name of this.#viewsOf.get(base) ?? []) {
      if (!this.#values.has(name)) continue
      const other = this.#views.get(name)!
      if (other.piece) throw new Refusal('a tensor that was split is changed in place')
      this.#values.set(name, await this.#seen(other, this.#values.get(base)!, b))
    }
  }

  async #putBack(view: View, base: Value, value: Value, b: Emitter): Promise<Value> {
    if (view.piece) throw new Refusal('a piece of a tensor is changed in place')
    const [all, flat] = [b.op('Shape', [base]), b.ints([-1])]
    const count = b.op('Size', [base])
    const numbers = b.op('Range', [b.scalar('int64', 0), count, b.scalar('int64', 1)])
    const places = await this.#seen(view, b.op('Reshape', [numbers, all]), b)
    const spread = b.op('Expand', [value, b.op('Shape', [places])])
    const changed = b.op('ScatterElements', [
      b.op('Reshape', [base, flat]),
      b.op('Reshape', [places, flat]),
      b.op('Reshape', [spread, flat]),
    ])
    return b.op('Reshape', [changed, all])
  }

  /** A base as a view shows it. */
  async #seen({ calls }: View, base: Value, b: Emitter): Promise<Value> {
    let value = base
    for (const call of calls) {
      const self = nameOf(call.arguments.get('self'))
      const from = value
      value = (await this.#made(call, b, name => (name === self ? from : this.#values.get(name))))[0]!
    }
    return value
  }

  #refuse(source: Source, error: unknown): void {
    // What depends on something refused was told with that.
    if (error instanceof Missing) return
    if (!(error instanceof Refusal)) throw error
    this.#refusals.add(source, error.why, error.hint)
  }
}

function missing(name: string): ConvertError {
  return new ConvertError('CONVERT_INVALID', {
    message: `The program gives '${name.slice(0, 100)}', which nothing in it makes`,
    hint: 'Export the program again.',
  })
}

/** Calls on whose results the outputs depend: what only checks something is left out, and may be unknown. */
function neededCalls(
  { calls, outputs }: TorchProgram,
  views: ReadonlyMap<string, View>,
): ReadonlySet<TorchCall> {
  const baseOf = (name: string): string => views.get(name)?.base ?? name
  const wanted = new Set(outputs)
  /** Bases of what is wanted: a change through any view of them counts. */
  const bases = new Set(outputs.map(baseOf))
  const needed = new Set<TorchCall>()
  for (const call of calls.toReversed()) {
    const self = nameOf(call.arguments.get('self'))
    const changes = isInPlace(call.target) && self !== undefined && bases.has(baseOf(self))
    if (isSilent(call.target) || !(changes || call.outputs.some(name => wanted.has(name)))) continue
    needed.add(call)
    const taken = new Set<string>()
    for (const argument of call.arguments.values()) collect(argument, taken)
    for (const name of taken) {
      wanted.add(name).add(baseOf(name))
      bases.add(baseOf(name))
    }
  }
  return needed
}

function collect(argument: TorchArgument, into: Set<string>): void {
  if (Array.isArray(argument)) for (const item of argument as readonly TorchArgument[]) collect(item, into)
  else {
    const name = nameOf(argument)
    if (name !== undefined) into.add(name)
  }
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
