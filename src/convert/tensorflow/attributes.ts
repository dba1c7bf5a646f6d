import type { OnnxDtype } from '../../formats/index.ts'
import { type AttributeValue, type NodeAttributes, storedDtype } from '../../formats/tensorflow/index.ts'
import type { ConvertError } from '../errors.ts'
import type { Shape } from '../graph/types.ts'
import { Refusal } from '../refusals.ts'
import type { OpAttributes } from './op.ts'

/** Types that ONNX has no name for: handles, variants, float8e4m3b11. */
const NO_FORM = new Set(['object', 'unknown'])

/** The ONNX type of a DataType's number. Throws Refusal where there is none. */
export function onnxDtype(number: number): OnnxDtype {
  const dtype = storedDtype(number)?.dtype
  if (dtype === undefined || NO_FORM.has(dtype))
    throw new Refusal(`values of TensorFlow's type ${number} have no form in ONNX`)
  return dtype as OnnxDtype
}

type Kind = AttributeValue['kind']
type Of<K extends Kind> = Extract<AttributeValue, { readonly kind: K }>

/** Attributes of a node, checked as they are asked for. `wrong` makes the error for one that is missing or of another kind. */
export function opAttributes(
  attributes: NodeAttributes,
  wrong: (message: string) => ConvertError,
): OpAttributes {
  function get<K extends Kind>(name: string, kind: K): Of<K> | undefined {
    const found = attributes.get(name)
    if (!found) return undefined
    if (found.kind === kind) return found as Of<K>
    throw wrong(`its attribute '${name}' is ${found.kind}, and ${kind} is expected`)
  }
  function given<T>(name: string, value: T | undefined, fallback: T | undefined): T {
    if (value !== undefined) return value
    if (fallback !== undefined) return fallback
    throw wrong(`it has no attribute '${name}'`)
  }
  function list<K extends Kind, T>(
    name: string,
    kind: K,
    read: (item: Of<K>) => T,
    fallback: readonly T[] | undefined,
  ): readonly T[] {
    const items = get(name, 'list')?.items.map(item => {
      if (item.kind === kind) return read(item as Of<K>)
      throw wrong(`its attribute '${name}' has ${item.kind} among ${kind}`)
    })
    return given(name, items, fallback)
  }
  const number = (name: string, value: number | bigint): number => {
    if (typeof value === 'number') return value
    throw wrong(`its attribute '${name}' is ${value}, beyond any size`)
  }
  return {
    has: name => attributes.has(name),
    int: (name, fallback) => {
      const found = get(name, 'int')
      return given(name, found && number(name, found.value), fallback)
    },
    float: (name, fallback) => given(name, get(name, 'float')?.value, fallback),
    bool: (name, fallback) => given(name, get(name, 'bool')?.value, fallback),
    text: (name, fallback) => {
      const found = get(name, 'text')
      return given(name, found && textOf(found), fallback)
    },
    dtype: (name, fallback) => {
      const found = get(name, 'type')
      return given(name, found && onnxDtype(found.value), fallback)
    },
    shape: (name, fallback) => {
      const found = get(name, 'shape')
      return found ? found.shape : given<Shape>(name, undefined, fallback)
    },
    ints: (name, fallback) => list(name, 'int', ({ value }) => number(name, value), fallback),
    floats: (name, fallback) => list(name, 'float', ({ value }) => value, fallback),
    texts: (name, fallback) => list(name, 'text', textOf, fallback),
    dtypes: (name, fallback) => list(name, 'type', ({ value }) => onnxDtype(value), fallback),
    shapes: (name, fallback) =>
      list<'shape', Shape | undefined>(name, 'shape', ({ shape }) => shape, fallback),
  }
}

function textOf({ bytes }: Of<'text'>): string {
  return Buffer.from(bytes).toString()
}
