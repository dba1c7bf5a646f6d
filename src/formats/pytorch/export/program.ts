import { parseStrictJson, type StrictJson } from '../../bytes/json.ts'
import type { MetadataEntry, ModelGraph, Signature, SignatureValue, TensorInfo } from '../../types.ts'
import type { TorchArchive } from '../archive.ts'
import { fail, MAX_METADATA, MAX_PROGRAM_BYTES, MAX_PROGRAM_VALUES } from '../limits.ts'
import { graphOf } from './graph.ts'
import { type JsonMap, listOf, malformed, mapOf, signatureValue, tensorMeta, textIn } from './values.ts'

const MAX_JSON_DEPTH = 400

/** An `ExportedProgram`, without its weights. */
export interface Program {
  readonly graph: ModelGraph
  readonly signature: Signature
  /** What each tensor of the state dict is for, by its name there. */
  readonly roles: ReadonlyMap<string, NonNullable<TensorInfo['role']>>
  readonly schemaVersion?: string
  readonly torchVersion?: string
  readonly metadata: readonly MetadataEntry[]
}

/** Reads a JSON record of the archive. Throws FORMAT_MALFORMED, FORMAT_LIMIT. */
export async function readJson(archive: TorchArchive, path: string): Promise<JsonMap> {
  const source = await archive.open(path)
  const name = source.name
  try {
    if (source.size > MAX_PROGRAM_BYTES)
      throw fail.limit({ name }, `${source.size} bytes; the limit is ${MAX_PROGRAM_BYTES}`)
    const bytes = await source.read(0, source.size)
    const limits = { name, fail, maxDepth: MAX_JSON_DEPTH, maxValues: MAX_PROGRAM_VALUES }
    const root = mapOf(parseStrictJson(bytes, limits))
    if (!root) throw fail.malformed({ name }, 'it is no JSON object')
    return root
  } finally {
    await source.close()
  }
}

/** `ExportedProgram` of torch's export schema, of the majors 1 to 8. Throws FORMAT_MALFORMED, FORMAT_LIMIT. */
export function programOf(root: JsonMap, name: string, file: string): Program {
  const module = mapOf(root.get('graph_module'))
  const graph = mapOf(module?.get('graph'))
  const signature = mapOf(module?.get('signature'))
  if (!graph || !signature) throw malformed(file, 'no graph, or no signature')
  const version = mapOf(root.get('schema_version'))
  const torchVersion = textIn(root, 'torch_version')
  return {
    graph: graphOf(graph, name, file),
    signature: signatureOf(signature, graph),
    roles: rolesOf(signature),
    ...(version && { schemaVersion: `${version.get('major')}.${version.get('minor')}` }),
    ...(torchVersion && { torchVersion: torchVersion.slice(0, 100) }),
    metadata: metadataOf(root),
  }
}

/** A spec is a union: its one member says what it is. */
function memberOf(spec: StrictJson): readonly [string, JsonMap | undefined] {
  const [kind, value] = mapOf(spec)?.entries().next().value ?? []
  return [kind ?? '', mapOf(value)]
}

function signatureOf(signature: JsonMap, graph: JsonMap): Signature {
  const metas = mapOf(graph.get('tensor_values'))
  const argumentOf = (argument: StrictJson | undefined): SignatureValue | undefined => {
    const [kind, value] = mapOf(argument)?.entries().next().value ?? []
    const name = textIn(value, 'name') ?? textIn(value, 'as_name')
    if (name === undefined) return undefined
    return signatureValue(name, kind === 'as_tensor' ? tensorMeta(metas?.get(name)) : undefined)
  }
  const values = (specs: StrictJson | undefined, wanted: string): readonly SignatureValue[] =>
    listOf(specs).flatMap(spec => {
      const [kind, value] = memberOf(spec)
      const found = kind === wanted ? argumentOf(value?.get('arg')) : undefined
      return found ? [found] : []
    })
  return {
    name: 'forward',
    inputs: values(signature.get('input_specs'), 'user_input'),
    outputs: values(signature.get('output_specs'), 'user_output'),
  }
}

function rolesOf(signature: JsonMap): ReadonlyMap<string, NonNullable<TensorInfo['role']>> {
  const roles = new Map<string, NonNullable<TensorInfo['role']>>()
  for (const spec of listOf(signature.get('input_specs'))) {
    const [kind, value] = memberOf(spec)
    const put = (key: string, role: NonNullable<TensorInfo['role']>): void => {
      const name = textIn(value, key)
      if (name !== undefined) roles.set(name, role)
    }
    if (kind === 'parameter') put('parameter_name', 'parameter')
    else if (kind === 'buffer') put('buffer_name', 'buffer')
    else if (kind === 'tensor_constant') put('tensor_constant_name', 'constant')
  }
  return roles
}

/** The operator sets, and the ranges of symbolic sizes. */
function metadataOf(root: JsonMap): readonly MetadataEntry[] {
  const entries: MetadataEntry[] = []
  for (const [name, version] of mapOf(root.get('opset_version')) ?? [])
    entries.push({ key: `opset ${name}`.slice(0, 200), value: String(version).slice(0, 200) })
  for (const [name, range] of mapOf(root.get('range_constraints')) ?? []) {
    const [low, high] = [mapOf(range)?.get('min_val'), mapOf(range)?.get('max_val')]
    entries.push({ key: `range ${name}`.slice(0, 200), value: `${low ?? '-∞'} to ${high ?? '∞'}` })
  }
  return entries.slice(0, MAX_METADATA)
}
