import type { Tensor, Tensors } from '../../../core/index.ts'
import { fitInput, type TensorSpec } from '../../../model/index.ts'
import type { ServedModel } from '../codec.ts'
import { imageInputOf } from '../image-input.ts'
import { eachElement, eachMember, endOfValue, skipSpace, valueAt } from '../oip/json-members.ts'
import { refuse, shown } from '../refuse.ts'
import { type Column, columnFor, isBase64At } from './columns.ts'

const OPEN_ARRAY = 0x5b
const OPEN_OBJECT = 0x7b
/** The name that clients of TensorFlow give the image of an example, whatever the input is called. */
const IMAGE_BYTES = 'image_bytes'

const HINT = 'Send {"instances": [...]}, a row for each example, or {"inputs": ...}, a tensor for each input.'

/** How the request was written, and so how it is answered. */
export type Form = 'rows' | 'columns' | 'examples'

export interface V1Request {
  readonly form: Form
  readonly inputs: Tensors | Promise<Tensors>
  /** Rows that were sent; undefined in columns. */
  readonly rows: number | undefined
}

const FORMS: Readonly<Record<string, Form>> = Object.assign(Object.create(null), {
  instances: 'rows',
  inputs: 'columns',
  examples: 'examples',
})

/** Reads `instances`, `inputs` or `examples`: https://www.tensorflow.org/tfx/serving/api_rest. Throws REQUEST_INVALID. */
export function parseV1(body: Buffer, model: ServedModel): V1Request {
  const requests: V1Request[] = []
  const end = eachMember(body, 0, (key, at) => {
    const form = FORMS[key]
    if (form === undefined) {
      const next = endOfValue(body, at)
      if (key === 'signature_name') checkSignature(valueAt(body, at, next))
      if (key === 'context') throw refuse('`context` is not taken', 'Put its features into each example.')
      return next
    }
    if (requests.length > 0) throw refuse(`The request has a second list of inputs, '${key}'`, HINT)
    const columns = new Columns(body, model)
    const next = form === 'columns' ? columns.readColumns(at) : columns.readRows(at)
    const inputs = columns.tensors(form !== 'columns')
    requests.push({ form, inputs, rows: form === 'columns' ? undefined : columns.rows })
    return next
  })
  if (skipSpace(body, end) !== body.length) throw refuse(`There is more behind the JSON, at byte ${end}`)
  const request = requests[0]
  if (request === undefined) throw refuse('The request has neither instances nor inputs', HINT)
  return request
}

function checkSignature(name: unknown): void {
  if (name === 'serving_default' || name === '') return
  throw refuse(
    `There is no signature ${shown(name)}`,
    "A model here has one signature, 'serving_default'; leave signature_name out.",
  )
}

/** The inputs of a request while it is read. */
class Columns {
  /** Of instances. */
  rows = 0
  readonly #bytes: Buffer
  readonly #model: ServedModel
  readonly #columns = new Map<string, Column>()
  /** The whole list was read as one tensor. */
  #whole = false

  constructor(bytes: Buffer, model: ServedModel) {
    this.#bytes = bytes
    this.#model = model
  }

  /** A list of rows: each the value of the only input, or an object of values by the inputs' names. */
  readRows(at: number): number {
    const first = skipSpace(this.#bytes, at + 1)
    if (this.#bytes[at] !== OPEN_ARRAY) throw refuse('Expected instances to be a list', HINT)
    const byte = this.#bytes[first]
    const numbers =
      byte === OPEN_ARRAY || byte === 0x2d || (byte !== undefined && byte >= 0x30 && byte <= 0x39)
    const only = this.#model.signature.inputs.length === 1 ? this.#model.signature.inputs[0] : undefined
    if (numbers && only !== undefined && only.dtype !== 'string' && only.dtype !== 'bool') {
      const column = this.#column(only)
      const end = column.add(at)
      this.#whole = true
      return end
    }
    return eachElement(this.#bytes, at, element => {
      this.rows++
      return this.#row(element)
    })
  }

  /** One tensor, or an object of tensors by the inputs' names. */
  readColumns(at: number): number {
    const byte = this.#bytes[at]
    if (byte === OPEN_OBJECT && !isBase64At(this.#bytes, at)) {
      return eachMember(this.#bytes, at, (name, value) => this.#named(name).add(value))
    }
    return this.#only().add(at)
  }

  tensors(rows: boolean): Tensors | Promise<Tensors> {
    const inputs: Record<string, Tensor> = Object.create(null)
    const waiting: Promise<void>[] = []
    for (const [name, column] of this.#columns) {
      this.#checkCount(column, rows)
      const tensor = column.tensor(rows && !this.#whole)
      if (tensor instanceof Promise) {
        waiting.push(
          tensor.then(decoded => {
            inputs[name] = fitted(column.spec, decoded)
          }),
        )
      } else inputs[name] = fitted(column.spec, tensor)
      if (this.#whole && !(tensor instanceof Promise)) this.rows = tensor.shape[0] ?? 0
    }
    return waiting.length === 0 ? inputs : Promise.all(waiting).then(() => inputs)
  }

  #row(at: number): number {
    if (this.#bytes[at] !== OPEN_OBJECT || isBase64At(this.#bytes, at)) return this.#only().add(at)
    return eachMember(this.#bytes, at, (name, value) => {
      const column = this.#named(name)
      if (column.count >= this.rows) throw refuse(`The instance ${this.rows - 1} names '${name}' twice`)
      return column.add(value)
    })
  }

  #checkCount({ spec, count }: Column, rows: boolean): void {
    const expected = rows && !this.#whole ? this.rows : 1
    if (count === expected) return
    const found = rows ? `in ${count} of ${expected} instances` : `given ${count} times`
    throw refuse(`The input '${spec.name}' is ${found}`, HINT)
  }

  #only(): Column {
    const { inputs } = this.#model.signature
    if (inputs.length === 1) return this.#column(inputs[0]!)
    const names = inputs.map(({ name }) => name).join(', ')
    throw refuse(
      `The model has ${inputs.length} inputs, so values need names: ${names}`,
      'Send {"instances": [{"<input>": <value>, ...}]}.',
    )
  }

  #named(name: string): Column {
    const { signature } = this.#model
    const byName = (wanted: string | undefined) => signature.inputs.find(input => input.name === wanted)
    const spec = byName(name) ?? (name === IMAGE_BYTES ? byName(imageInputOf(this.#model)) : undefined)
    if (spec !== undefined) return this.#column(spec)
    const names = signature.inputs.map(input => input.name).join(', ')
    throw refuse(`The model has no input '${name.slice(0, 100)}'; it has ${names}`, HINT)
  }

  #column(spec: TensorSpec): Column {
    const known = this.#columns.get(spec.name)
    if (known !== undefined) return known
    const column = columnFor(this.#bytes, spec, this.#model)
    this.#columns.set(spec.name, column)
    return column
  }
}

/**
 * The tensor as the input takes it: a model without a batch axis takes the only row without one, and one with a last
 * axis of 1 a plain value for each row. Throws (ModelError) INPUT_DTYPE.
 */
function fitted(spec: TensorSpec, tensor: Tensor): Tensor {
  const { shape } = spec
  const short = tensor.shape.length === shape.length - 1 && shape.at(-1) === 1
  return fitInput(spec, short ? { ...tensor, shape: [...tensor.shape, 1] } : tensor)
}
