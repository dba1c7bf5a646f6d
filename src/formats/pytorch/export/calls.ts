import type { StrictJson } from '../../bytes/json.ts'
import type { ModelInput } from '../../ports.ts'
import type { TensorDtype } from '../../types.ts'
import { openArchive } from '../archive.ts'
import { dtypeOfScalarType } from '../dtypes.ts'
import { fail, MAX_NODES } from '../limits.ts'
import { readJson } from './program.ts'
import { type JsonMap, listOf, malformed, mapOf, tensorMeta, textIn } from './values.ts'

/**
 * What an operator of a program is called with. `value` is the output of another node, or an input: a tensor or a
 * number that is only known when the program runs.
 */
export type TorchArgument =
  | null
  | boolean
  | number
  /** A Python float, which makes integers it meets floats. */
  | { readonly kind: 'float'; readonly value: number }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'value'; readonly name: string }
  /** Absent where ONNX has no such type. */
  | { readonly kind: 'dtype'; readonly dtype: TensorDtype | undefined; readonly name: string }
  /** Devices, layouts, memory formats, graphs, objects. */
  | { readonly kind: 'other'; readonly what: string }
  | readonly TorchArgument[]

export interface TorchCall {
  /** `aten.conv2d.default`, `_operator.mul`. */
  readonly target: string
  readonly arguments: ReadonlyMap<string, TorchArgument>
  /** Names of what it gives; empty where nobody takes it. */
  readonly outputs: readonly string[]
  /** Path of the module that it is written in, and the module's class: `encoder.0.attn`, `MultiheadAttention`. */
  readonly module?: { readonly path: string; readonly className: string }
}

/** A value that comes from outside the graph. */
export interface TorchInput {
  readonly name: string
  /** A parameter or buffer, by its name among the tensors; of a user's input absent. */
  readonly tensor?: string
  /** Of a tensor. */
  readonly dtype?: TensorDtype
  /** Sizes, or expressions of symbols: `s77`. */
  readonly shape?: readonly (number | string | null)[]
}

export interface TorchProgram {
  readonly inputs: readonly TorchInput[]
  /** Values that are given back; those of mutated buffers left out. */
  readonly outputs: readonly string[]
  /** Names of the user's outputs, where the model gives a dictionary. */
  readonly outputNames?: readonly string[]
  readonly calls: readonly TorchCall[]
}

const MAX_ARGUMENTS = 1_000_000

/** Reads the graph of the only (or first) program of a .pt2 whole. Throws what `openPt2` throws. */
export async function readTorchProgram(input: ModelInput): Promise<TorchProgram> {
  const archive = await openArchive(input.source, ['serialized_exported_program.json', 'models/model.json'])
  const path = [...archive.entries.keys()].find(
    entry => entry === 'serialized_exported_program.json' || /^models\/[^/]+\.json$/.test(entry),
  )
  if (path === undefined) throw fail.unsupported({ name: archive.name }, 'the archive holds no program')
  const module = mapOf((await readJson(archive, path)).get('graph_module'))
  const graph = mapOf(module?.get('graph'))
  const signature = mapOf(module?.get('signature'))
  if (!graph || !signature) throw malformed(archive.name, 'no graph, or no signature')
  const nodes = listOf(graph.get('nodes'))
  if (nodes.length > MAX_NODES) throw fail.limit({ name: archive.name }, `more than ${MAX_NODES} nodes`)
  const budget = { left: MAX_ARGUMENTS, file: archive.name }
  const outputNames = namesOfOutputs(module)
  return {
    inputs: listOf(signature.get('input_specs')).map(spec => inputOf(spec, graph, archive.name)),
    outputs: listOf(signature.get('output_specs')).flatMap(outputOf),
    ...(outputNames && { outputNames }),
    calls: nodes.map(node => callOf(node, budget)),
  }
}

interface Budget {
  left: number
  readonly file: string
}

function callOf(value: StrictJson, budget: Budget): TorchCall {
  const node = mapOf(value)
  const target = textIn(node, 'target')
  if (!node || target === undefined) throw malformed(budget.file, 'a node without a target')
  const named = listOf(node.get('inputs')).map((input, at): [string, TorchArgument] => [
    textIn(input, 'name') || String(at),
    argumentOf(mapOf(mapOf(input)?.get('arg')), budget),
  ])
  const module = moduleOf(textIn(node.get('metadata'), 'nn_module_stack'))
  return {
    target: target.replace(/^torch\.ops\./, '').slice(0, 300),
    arguments: new Map(named),
    outputs: listOf(node.get('outputs')).flatMap(output => namesOf(mapOf(output))),
    ...(module && { module }),
  }
}

/** `L__self__,,M;L__self___c,c,torch.nn.modules.conv.Conv2d`: the last one is the nearest. */
function moduleOf(stack: string | undefined): TorchCall['module'] {
  const last = stack?.slice(-2000).split(';').at(-1)
  const [, path, className] = /^[^,]*,([^,]*),([^,]*)$/.exec(last ?? '') ?? []
  if (!path || className === undefined) return undefined
  return { path, className: className.split('.').at(-1)! }
}

/** Names of a node's output: one value, or a list of them. */
function namesOf(output: JsonMap | undefined): readonly string[] {
  const [kind, value] = output?.entries().next().value ?? []
  if (kind === 'as_tensors' || kind === 'as_optional_tensors')
    return listOf(value).map(
      item => textIn(item, 'name') ?? textIn(mapOf(item)?.get('as_tensor'), 'name') ?? '',
    )
  return [textIn(value, 'name') ?? textIn(value, 'as_name') ?? '']
}

type Read = (value: StrictJson | undefined, budget: Budget) => TorchArgument

const named: Read = value => ({
  kind: 'value',
  name: textIn(value, 'name') ?? textIn(value, 'as_name') ?? '',
})
const each =
  (read: Read): Read =>
  (value, budget) => {
    const items = listOf(value)
    budget.left -= items.length
    if (budget.left < 0)
      throw fail.limit({ name: budget.file }, `more than ${MAX_ARGUMENTS} elements in arguments`)
    return items.map(item => read(item, budget))
  }

/** JSON has no infinities: torch writes them as text. */
const float: Read = value => {
  const words: Record<string, number> = { Infinity, '-Infinity': -Infinity, NaN: Number.NaN }
  const named = typeof value === 'string' && Object.hasOwn(words, value) ? words[value]! : Number.NaN
  return { kind: 'float', value: typeof value === 'number' ? value : named }
}
/** 2^63 − 1 stands for "to the end"; nothing that computes is near it. */
const integer: Read = value =>
  typeof value === 'bigint' ? Number(value) : typeof value === 'number' ? value : null
const symbolic: Read = value => {
  const map = mapOf(value)
  if (map?.has('as_name')) return named(value, { left: 0, file: '' })
  for (const [key, read] of [
    ['as_int', integer],
    ['as_float', float],
    ['as_bool', (item: StrictJson | undefined) => item === true],
  ] as const)
    if (map?.has(key)) return read(map.get(key), { left: 0, file: '' })
  return { kind: 'other', what: 'a symbolic number' }
}
const text: Read = value => ({ kind: 'text', text: typeof value === 'string' ? value : '' })
const optional: Read = value => {
  const tensor = mapOf(value)?.get('as_tensor')
  return tensor === undefined ? null : named(tensor, { left: 0, file: '' })
}

/** Members of torch's union `Argument`. */
const READ: Readonly<Record<string, Read>> = {
  as_none: () => null,
  as_tensor: named,
  as_tensors: each(named),
  as_optional_tensor: optional,
  as_optional_tensors: each(optional),
  as_nested_tensors: each(each(named)),
  as_int: integer,
  as_ints: each(integer),
  as_int_lists: each(each(integer)),
  as_float: float,
  as_floats: each(float),
  as_bool: value => value === true,
  as_bools: each(value => value === true),
  as_string: text,
  as_strings: each(text),
  as_sym_int: symbolic,
  as_sym_ints: each(symbolic),
  as_sym_float: symbolic,
  as_sym_floats: each(symbolic),
  as_sym_bool: symbolic,
  as_sym_bools: each(symbolic),
  as_scalar_type: value => {
    const found = dtypeOfScalarType(value)
    return { kind: 'dtype', dtype: found?.dtype, name: found?.name ?? `type ${String(value).slice(0, 20)}` }
  },
}

function argumentOf(argument: JsonMap | undefined, budget: Budget): TorchArgument {
  const [kind, value] = argument?.entries().next().value ?? []
  if (kind === undefined) return null
  const read = Object.hasOwn(READ, kind) ? READ[kind] : undefined
  return read ? read(value, budget) : { kind: 'other', what: kind.replace(/^as_/, '').slice(0, 40) }
}

function inputOf(spec: StrictJson, graph: JsonMap, file: string): TorchInput {
  const [kind, body] = mapOf(spec)?.entries().next().value ?? []
  const argument = mapOf(mapOf(body)?.get('arg'))
  const [, inner] = argument?.entries().next().value ?? []
  const name = textIn(argument, 'name') ?? textIn(inner, 'name') ?? textIn(inner, 'as_name')
  // A constant of the call, None among them: nothing flows.
  if (name === undefined) return { name: '' }
  const tensor =
    textIn(body, 'parameter_name') ?? textIn(body, 'buffer_name') ?? textIn(body, 'tensor_constant_name')
  if (kind !== 'user_input' && tensor === undefined)
    throw fail.unsupported({ name: file }, `an input of the kind ${String(kind).slice(0, 40)}`)
  const meta = tensorMeta(mapOf(graph.get('tensor_values'))?.get(name))
  return {
    name,
    ...(tensor !== undefined && { tensor }),
    ...(meta && { dtype: meta.dtype.dtype, shape: meta.sizes }),
  }
}

function outputOf(spec: StrictJson): readonly string[] {
  const [kind, body] = mapOf(spec)?.entries().next().value ?? []
  if (kind !== 'user_output') return []
  const [, inner] = mapOf(mapOf(body)?.get('arg'))?.entries().next().value ?? []
  const name = textIn(inner, 'name') ?? textIn(inner, 'as_name')
  return name === undefined ? [] : [name]
}

/** The keys of the dictionary that the model's `forward` gives, as torch's tree of its outputs says. */
function namesOfOutputs(module: JsonMap | undefined): readonly string[] | undefined {
  const [root] = listOf(module?.get('module_call_graph'))
  const spec = textIn(mapOf(mapOf(root)?.get('signature')), 'out_spec')
  if (spec === undefined || spec.length > 100_000) return undefined
  try {
    const [, tree] = JSON.parse(spec) as [
      number,
      { type?: unknown; context?: unknown; children_spec?: unknown[] },
    ]
    if (tree?.type !== 'builtins.dict' || typeof tree.context !== 'string') return undefined
    const keys: unknown = JSON.parse(tree.context)
    const plain = Array.isArray(keys) && keys.every(key => typeof key === 'string' && key.length <= 200)
    return plain && keys.length === tree.children_spec?.length ? (keys as string[]) : undefined
  } catch {
    return undefined
  }
}
