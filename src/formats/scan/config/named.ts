import { isObject, type Json, member, textMember } from '../../keras/config/json.ts'
import { allowed } from '../pickle/allow/index.ts'
import { dangerOf } from '../pickle/dangers.ts'
import type { ScanSink } from '../types.ts'

/** Libraries from which diffusers takes a pipeline's parts. */
const LIBRARIES =
  /^(?:diffusers|transformers|stable_diffusion|optimum|flax|onnxruntime|peft|k_diffusion|timm|sentence_transformers)(?:\.[\w.]+)?$/

/**
 * Objects of a configuration that name what its loader imports: parts of a diffusers pipeline (`["library", "Class"]`
 * in model_index.json), PEFT's `auto_mapping` and `megatron_core`, the nodes of skops.
 */
export function scanNamed(name: string, value: Json, parent: Json, sink: Pick<ScanSink, 'add'>): void {
  if (name === 'parent_library' && typeof value === 'string') {
    const of = isObject(parent) ? textMember(parent, 'base_model_class') : undefined
    if (!LIBRARIES.test(value)) tell(name, value, of ?? '', sink)
  } else if (name === 'megatron_core' && typeof value === 'string') {
    if (!/^megatron\.core(?:\.|$)/.test(value)) tell(name, value, '', sink)
  } else if (name === '__module__' && typeof value === 'string' && isObject(parent))
    skops(value, parent, sink)
}

/** `model_index.json`: every member that is a pair of texts names a library and a class. */
export function scanPipeline(config: Json, sink: Pick<ScanSink, 'add'>): void {
  if (!isObject(config) || member(config, '_class_name') === undefined) return
  for (const name of Object.keys(config)) {
    const value = member(config, name)
    if (!Array.isArray(value) || value.length !== 2) continue
    const [library, type] = value as readonly Json[]
    if (typeof library !== 'string' || typeof type !== 'string') continue
    if (name === '_class_name' || !LIBRARIES.test(library)) tell(name, library, type, sink)
  }
}

/** skops imports what its nodes name; some of them call it. */
function skops(module: string, node: Json, sink: Pick<ScanSink, 'add'>): void {
  if (!isObject(node)) return
  const name = textMember(node, '__class__') ?? ''
  const loader = textMember(node, '__loader__')
  if (loader === undefined) return
  if (/^(?:Method|OperatorFunc)Node$/.test(loader)) tell(loader, module, name, sink)
  else if (!allowed(module, name) && !PLAIN.has(`${module}.${name}`)) tell(loader, module, name, sink)
}

const PLAIN: ReadonlySet<string> = new Set(
  'builtins.str builtins.int builtins.float builtins.bool builtins.NoneType builtins.list builtins.tuple builtins.dict builtins.set builtins.bytes builtins.slice builtins.type json.loads'.split(
    ' ',
  ),
)

function tell(key: string, module: string, name: string, sink: Pick<ScanSink, 'add'>): void {
  const danger = dangerOf(module, name)
  const what = `${key} names ${[module, name].filter(Boolean).join('.').slice(0, 200)}${danger ? `, which ${danger.does}` : ''}`
  sink.add({ rule: 'config/remote-code', level: danger ? 'unsafe' : 'unknown', what, at: { key } })
}
