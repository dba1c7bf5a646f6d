import type { Dtype, Tensor } from '../../../core/index.ts'
import { MAX_MEMBER_BYTES, MAX_NAME_LENGTH, MAX_PORTS, MAX_RANK } from '../limits.ts'
import { tensorOfBytes } from '../oip/binary.ts'
import { dtypeOfProtocol, PROTOCOL_DTYPES } from '../oip/dtypes.ts'
import { outputOptions, type Parameters, refuseSharedMemory, requestOptions } from '../oip/parameters.ts'
import type { InferRequest, WantedOutput } from '../oip/request.ts'
import { refuse } from '../refuse.ts'
import { tensorOfContents } from './contents.ts'
import { addParameter } from './parameters.ts'
import { FieldReader, WIRE } from './wire.ts'

/** Fields of ModelInferRequest. */
const REQUEST = { name: 1, version: 2, id: 3, parameters: 4, inputs: 5, outputs: 6, raw: 7 } as const
/** Of InferInputTensor. */
const INPUT = { name: 1, datatype: 2, shape: 3, parameters: 4, contents: 5 } as const
/** Of InferRequestedOutputTensor. */
const OUTPUT = { name: 1, parameters: 2 } as const

/** An input before its elements are read: they may lie in `raw_input_contents`, behind it. */
export interface Draft {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Begins the message of its contents anew; undefined where it has none. */
  readonly contents: (() => FieldReader) | undefined
}

/**
 * Reads a ModelInferRequest: views of its raw contents where memory allows. Who sends raw contents is answered in
 * them, who sends typed ones in those, unless `binary_data_output` says otherwise. Throws REQUEST_INVALID.
 */
export function parseInferMessage(message: Buffer): InferRequest {
  const reader = new FieldReader(message)
  const drafts: Draft[] = []
  const outputs: { readonly name: string; readonly parameters: Parameters }[] = []
  const raw: Buffer[] = []
  const parameters = new Map<string, unknown>()
  let id: string | undefined
  while (reader.next()) {
    switch (reader.field) {
      case REQUEST.id:
        id = reader.text(MAX_MEMBER_BYTES)
        break
      case REQUEST.parameters:
        addParameter(parameters, reader.message())
        break
      case REQUEST.inputs:
        limited(drafts.push(inputOf(reader.message())), 'inputs')
        break
      case REQUEST.outputs:
        limited(outputs.push(outputOf(reader.message())), 'outputs')
        break
      case REQUEST.raw:
        limited(raw.push(reader.content()), 'raw_input_contents')
    }
  }
  const options = requestOptions(parameters)
  const binary = options.binary ?? (raw.length > 0 || drafts.length === 0)
  return {
    id: id === '' ? undefined : id,
    inputs: tensorsOf(drafts, raw),
    outputs: outputs.length === 0 ? undefined : outputs.map(output => wantedOf(output, binary)),
    options: { ...options, binary },
  }
}

function wantedOf(
  output: { readonly name: string; readonly parameters: Parameters },
  binary: boolean,
): WantedOutput {
  const options = outputOptions(output.parameters)
  return { name: output.name, binary, classes: options.classes }
}

/** Of a tensor's message: requests and answers have the same. */
export function inputOf(reader: FieldReader): Draft {
  const { bytes } = reader
  const parameters = new Map<string, unknown>()
  const shape: number[] = []
  let name = ''
  let dtype: Dtype | undefined
  let contents: Draft['contents']
  while (reader.next()) {
    switch (reader.field) {
      case INPUT.name:
        name = reader.text(MAX_NAME_LENGTH)
        break
      case INPUT.datatype:
        dtype = dtypeOf(reader.text(MAX_NAME_LENGTH))
        break
      case INPUT.shape:
        readShape(shape, reader)
        break
      case INPUT.parameters:
        addParameter(parameters, reader.message())
        break
      case INPUT.contents: {
        if (contents !== undefined) throw refuse(`The input '${name}' has contents twice`)
        reader.expect(WIRE.bytes)
        const { start, stop } = reader
        contents = () => new FieldReader(bytes, start, stop)
      }
    }
  }
  if (name === '' || dtype === undefined) throw refuse(`An input needs name, datatype and shape: '${name}'`)
  refuseSharedMemory(parameters)
  return { name, dtype, shape, contents }
}

function outputOf(reader: FieldReader): { readonly name: string; readonly parameters: Parameters } {
  const parameters = new Map<string, unknown>()
  let name = ''
  while (reader.next()) {
    if (reader.field === OUTPUT.name) name = reader.text(MAX_NAME_LENGTH)
    else if (reader.field === OUTPUT.parameters) addParameter(parameters, reader.message())
  }
  if (name === '') throw refuse('An output that is asked for needs a name')
  return { name, parameters }
}

function readShape(shape: number[], reader: FieldReader): void {
  const add = (size: number): void => {
    if (shape.push(size) > MAX_RANK) throw refuse(`A shape has more than ${MAX_RANK} axes`)
    if (!Number.isSafeInteger(size) || size < 0) throw refuse(`A shape has the size ${size}`)
  }
  if (reader.wire !== WIRE.bytes) {
    add(reader.int())
    return
  }
  const sizes = reader.message()
  while (sizes.nextNumber()) add((sizes.high | 0) * 2 ** 32 + sizes.low)
}

export function tensorsOf(
  drafts: readonly Draft[],
  raw: readonly Buffer[],
): Readonly<Record<string, Tensor>> {
  if (raw.length > 0 && raw.length !== drafts.length) {
    throw refuse(
      `Expected ${drafts.length} raw_input_contents, one for each input, found ${raw.length}`,
      'Send all inputs raw, in their order, or none.',
    )
  }
  const inputs: Record<string, Tensor> = Object.create(null)
  drafts.forEach(({ name, dtype, shape, contents }, i) => {
    if (name in inputs) throw refuse(`The input '${name}' is given twice`)
    const bytes = raw[i]
    if (bytes === undefined) {
      inputs[name] = tensorOfContents(name, dtype, shape, contents ?? nothing)
    } else if (contents?.().next()) {
      throw refuse(`The input '${name}' has contents as well as raw_input_contents`, 'Send one of them.')
    } else inputs[name] = tensorOfBytes(name, dtype, shape, bytes)
  })
  return inputs
}

function nothing(): FieldReader {
  return new FieldReader(Buffer.alloc(0))
}

function dtypeOf(name: string): Dtype {
  const dtype = dtypeOfProtocol(name)
  if (dtype !== undefined) return dtype
  throw refuse(`Expected a datatype (${PROTOCOL_DTYPES.join(', ')}), found '${name.slice(0, 40)}'`)
}

function limited(count: number, what: string): void {
  if (count > MAX_PORTS) throw refuse(`The request has more than ${MAX_PORTS} ${what}`)
}
