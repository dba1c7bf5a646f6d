import { bytesPerElement, type Dtype, type Tensor } from '../../../core/index.ts'
import type { ModelSignature } from '../../../model/index.ts'
import { MAX_NAME_LENGTH, MAX_PORTS, MAX_RANK } from '../limits.ts'
import { refuse, shown } from '../refuse.ts'
import { tensorOfBytes } from './binary.ts'
import { dtypeOfProtocol, PROTOCOL_DTYPES } from './dtypes.ts'
import { tensorOfJson } from './json-data.ts'
import { eachElement, eachMember, endOfValue, skipSpace, valueAt } from './json-members.ts'
import { binarySizeIn, outputOptions, type Parameters, requestOptions } from './parameters.ts'
import type { InferRequest, WantedOutput } from './request.ts'

const NO_PARAMETERS: Parameters = new Map()

/** One input as its JSON told it: data read already, or to be cut from the binary part. */
interface Draft {
  name?: string
  shape?: readonly number[]
  dtype?: Dtype
  binarySize?: number
  /** Where data begins, when it came before shape or datatype. */
  dataAt?: number
  tensor?: Tensor
}

/**
 * Reads a request: JSON, and behind its first `headerLength` bytes the tensors of the binary extension.
 * Throws REQUEST_INVALID, saying what was expected and found.
 */
export function parseInferRequest(body: Buffer, headerLength: number | undefined): InferRequest {
  const length = headerLength ?? body.length
  if (length > body.length) {
    throw refuse(
      `Inference-Header-Content-Length is ${length}, and the body has ${body.length} bytes`,
      'It is the length of the JSON at the beginning of the body.',
    )
  }
  const json = length === body.length ? body : body.subarray(0, length)
  const drafts: Draft[] = []
  const root: Record<string, unknown> = Object.create(null)
  const end = eachMember(json, 0, (key, at) => {
    if (key !== 'inputs') {
      const next = endOfValue(json, at)
      if (key === 'id' || key === 'outputs' || key === 'parameters') root[key] = valueAt(json, at, next)
      return next
    }
    return eachElement(json, at, element => {
      const draft: Draft = {}
      if (drafts.push(draft) > MAX_PORTS) throw refuse(`The request has more than ${MAX_PORTS} inputs`)
      return eachMember(json, element, (name, start) => readInputMember(draft, name, json, start))
    })
  })
  if (skipSpace(json, end) !== json.length) throw refuse(`There is more behind the JSON, at byte ${end}`)
  const options = requestOptions(parametersOf(root['parameters']))
  return {
    id: idOf(root['id']),
    inputs: finish(drafts, json, body.subarray(length)),
    outputs: outputsOf(root['outputs'], options.binary ?? false),
    options,
  }
}

/**
 * The whole body is the only input (header length 0): its rows follow from its size. Who asks in bytes alone is
 * answered in binary.
 */
export function rawRequest(body: Buffer, signature: ModelSignature): InferRequest {
  const spec = signature.inputs[0]
  if (spec === undefined || signature.inputs.length !== 1) {
    throw refuse(`A raw body is for models with one input; this one has ${signature.inputs.length}`)
  }
  if (spec.dtype === 'string') {
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32LE(body.length)
    const bytes = Buffer.concat([length, body])
    const shape = spec.shape.map(() => 1)
    return request(spec.name, tensorOfBytes(spec.name, 'string', shape, bytes))
  }
  const free = spec.shape.filter(size => typeof size !== 'number').length
  const fixed = spec.shape.reduce<number>(
    (product, size) => product * (typeof size === 'number' ? size : 1),
    1,
  )
  if (free > 1 || fixed === 0) throw refuse(`The shape of a raw body can't be told: ${spec.shape.join(', ')}`)
  const count = body.length / (bytesPerElement(spec.dtype) ?? 1) / fixed
  if (!Number.isInteger(count))
    throw refuse(`A raw body of ${body.length} bytes does not fill the input's shape`)
  const shape = spec.shape.map(size => (typeof size === 'number' ? size : count))
  return request(spec.name, tensorOfBytes(spec.name, spec.dtype, shape, body))
}

function request(name: string, tensor: Tensor): InferRequest {
  const options = { binary: true, timeoutMs: undefined, priority: undefined }
  return { id: undefined, inputs: { [name]: tensor }, outputs: undefined, options }
}

function readInputMember(draft: Draft, key: string, json: Buffer, at: number): number {
  if (key === 'data' && draft.name !== undefined && draft.dtype !== undefined && draft.shape !== undefined) {
    const { name, dtype, shape } = draft
    const read = tensorOfJson({ name, dtype, shape }, json, at)
    draft.tensor = read.tensor
    return read.end
  }
  const end = endOfValue(json, at)
  if (key === 'data') draft.dataAt = at
  else if (key === 'name') draft.name = nameOf(valueAt(json, at, end))
  else if (key === 'shape') draft.shape = shapeOf(valueAt(json, at, end))
  else if (key === 'datatype') draft.dtype = dtypeOf(valueAt(json, at, end))
  else if (key === 'parameters') {
    const size = binarySizeIn(parametersOf(valueAt(json, at, end)))
    if (size !== undefined) draft.binarySize = size
  }
  return end
}

function finish(drafts: readonly Draft[], json: Buffer, binary: Buffer): Readonly<Record<string, Tensor>> {
  const inputs: Record<string, Tensor> = Object.create(null)
  let at = 0
  for (const { name, shape, dtype, binarySize, dataAt, tensor } of drafts) {
    if (name === undefined || shape === undefined || dtype === undefined) {
      throw refuse(`An input needs name, shape and datatype${name === undefined ? '' : `: '${name}'`}`)
    }
    if (Object.hasOwn(inputs, name)) throw refuse(`The input '${name}' is given twice`)
    if (tensor !== undefined) inputs[name] = tensor
    else if (dataAt !== undefined) inputs[name] = tensorOfJson({ name, dtype, shape }, json, dataAt).tensor
    else if (binarySize !== undefined) {
      const end = at + binarySize
      if (end > binary.length) {
        throw refuse(
          `The input '${name}' has binary_data_size ${binarySize}; ${binary.length - at} bytes are left`,
        )
      }
      inputs[name] = tensorOfBytes(name, dtype, shape, binary.subarray(at, end))
      at = end
    } else throw refuse(`The input '${name}' has neither data nor parameters.binary_data_size`)
  }
  if (at !== binary.length) throw refuse(`${binary.length - at} bytes behind the JSON belong to no input`)
  return inputs
}

function outputsOf(value: unknown, binary: boolean): readonly WantedOutput[] | undefined {
  if (value === undefined) return undefined
  if (!Array.isArray(value) || value.length > MAX_PORTS) {
    throw refuse(`Expected a list of at most ${MAX_PORTS} outputs`)
  }
  if (value.length === 0) return undefined
  return value.map((output: unknown) => {
    const options = outputOptions(parametersOf(memberOf(output, 'parameters')))
    const name = nameOf(memberOf(output, 'name'))
    return { name, binary: options.binary ?? binary, classes: options.classes }
  })
}

function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return (value as Readonly<Record<string, unknown>>)[name]
}

function parametersOf(value: unknown): Parameters {
  if (value === undefined) return NO_PARAMETERS
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw refuse(`Expected parameters to be an object, found ${shown(value)}`)
  }
  return new Map(Object.entries(value))
}

function idOf(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value
  throw refuse(`Expected id to be a string, found ${shown(value)}`)
}

function nameOf(value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_NAME_LENGTH) return value
  throw refuse(`Expected a name, found ${shown(value)}`)
}

function shapeOf(value: unknown): readonly number[] {
  const sane =
    Array.isArray(value) &&
    value.length <= MAX_RANK &&
    value.every((size: unknown) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0)
  if (sane) return value as readonly number[]
  throw refuse(
    `Expected a shape of up to ${MAX_RANK} sizes, each a whole number from 0 on, found ${shown(value)}`,
  )
}

function dtypeOf(value: unknown): Dtype {
  const dtype = typeof value === 'string' ? dtypeOfProtocol(value) : undefined
  if (dtype !== undefined) return dtype
  throw refuse(`Expected a datatype (${PROTOCOL_DTYPES.join(', ')}), found ${shown(value)}`)
}
