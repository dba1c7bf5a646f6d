import type { OnnxDtype, SignatureValue } from '../../formats/index.ts'
import type {
  ProgramNode,
  Reference,
  SignatureDef,
  TensorflowProgram,
} from '../../formats/tensorflow/index.ts'
import { parseReference, storedDtype } from '../../formats/tensorflow/index.ts'
import { failing } from '../errors.ts'
import type { Shape, Size, ValueType } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'

/** An input or output of the model. */
export interface NamedTensor {
  readonly name: string
  /** Where it is in the main graph. */
  readonly tensor: Reference
  /** What the signature says of it. */
  readonly declared?: SignatureValue
}

export interface Interface {
  readonly inputs: readonly NamedTensor[]
  readonly outputs: readonly NamedTensor[]
}

const invalid = failing('CONVERT_INVALID', 'Save the model again with TensorFlow.')

/** ONNX Runtime has no such tensors: inside a graph they are two real ones. */
export const COMPLEX: RegExp = /^complex/
export const COMPLEX_HINT = 'Give and take real and imaginary parts (tf.complex, tf.math.real, tf.math.imag).'

const DEFAULT = 'serving_default'
/** Nodes that nothing takes a value from, and that are no outputs either. */
const NO_OUTPUT = new Set([
  'NoOp',
  'Assert',
  'Placeholder',
  'Const',
  'PlaceholderWithDefault',
  'PrintV2',
  'VarHandleOp',
])

/** The signature that is asked for, `serving_default`, or the only one. A frozen graph has its ends. */
export function interfaceOf(
  program: TensorflowProgram,
  wanted: string | undefined,
  frozen: boolean,
): Interface {
  const { signatures } = program
  if (signatures.length === 0 && frozen && wanted === undefined) return endsOf(program.nodes)
  const named = wanted === undefined ? undefined : signatures.find(({ name }) => name === wanted)
  const chosen =
    wanted === undefined
      ? (signatures.find(({ name }) => name === DEFAULT) ??
        (signatures.length === 1 ? signatures[0] : undefined))
      : named
  if (!chosen) throw noSignature(signatures, wanted)
  return { inputs: chosen.inputs.map(tensorOf), outputs: chosen.outputs.map(tensorOf) }
}

function noSignature(signatures: readonly SignatureDef[], wanted: string | undefined) {
  if (signatures.length === 0)
    return invalid('The model has no signature: nothing says what goes in and what comes out', {
      hint: 'Save it with one: model.export(folder), or tf.saved_model.save(model, folder, signatures=function).',
    })
  const names = signatures.map(({ name }) => `'${name}'`).join(', ')
  if (wanted !== undefined)
    return invalid(`The model has no signature '${wanted}'`, { hint: `It has ${names}.` })
  return invalid(`The model has ${signatures.length} signatures, and none is called ${DEFAULT}`, {
    hint: `Say which one: ${names}.`,
  })
}

function tensorOf(value: SignatureValue): NamedTensor {
  const reference = parseReference(value.tensor ?? value.name)
  if (!reference)
    throw invalid(`The signature's '${value.name}' is in '${value.tensor}', which is no tensor of a graph`)
  // TF.js has names of tensors, whose first output needs no number.
  return { name: value.name.replace(/:0$/, ''), tensor: reference, declared: value }
}

/** Placeholders that are used, and nodes that nothing uses. */
function endsOf(nodes: readonly ProgramNode[]): Interface {
  const used = new Set(
    nodes.flatMap(({ inputs, controls }) => [...inputs.map(({ node }) => node), ...controls]),
  )
  const named = ({ name }: ProgramNode): NamedTensor => ({ name, tensor: { node: name, index: 0 } })
  return {
    inputs: nodes.filter(({ name, op }) => op === 'Placeholder' && used.has(name)).map(named),
    outputs: nodes.filter(({ name, op }) => !used.has(name) && !NO_OUTPUT.has(op)).map(named),
  }
}

/**
 * The type of an input, as the signature has it, or its node. The first axis is the batch, `N`, where it is free.
 * Throws Refusal for inputs that are no tensors.
 */
export function inputType({ name, declared }: NamedTensor, node: ProgramNode | undefined): ValueType {
  if (declared && declared.kind !== 'tensor')
    throw new Refusal(
      `it is a ${declared.kind}`,
      'Give the model tensors, and make other things of them inside it.',
    )
  const [type, size] = [node?.attributes.get('dtype'), node?.attributes.get('shape')]
  const own = type?.kind === 'type' ? storedDtype(type.value)?.dtype : undefined
  const dtype = declared?.dtype ?? own
  if (dtype === undefined || dtype === 'object' || dtype === 'unknown')
    throw new Refusal(
      `it is ${dtype === undefined ? 'of no type' : 'a resource'}`,
      `Make what '${name}' stands for a part of the model.`,
    )
  if (COMPLEX.test(dtype)) throw new Refusal('it is complex', COMPLEX_HINT)
  const shape = declared?.shape ?? (size?.kind === 'shape' ? size.shape : undefined)
  return { dtype: dtype as OnnxDtype, ...(shape && { shape: withNames(name, shape) }) }
}

/** The batch is `N`; other free axes have names of their own, by which shapes that are computed from them are known. */
function withNames(input: string, shape: readonly (number | string | null)[]): Shape {
  return shape.map((size, axis): Size => size ?? (axis === 0 ? 'N' : `${input}_${axis}`))
}
