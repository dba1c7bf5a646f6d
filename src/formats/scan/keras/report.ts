import type { Json } from '../../keras/config/json.ts'
import { type KerasHazard, kerasHazards } from '../../keras/hazards/find.ts'
import { dangerOf } from '../pickle/dangers.ts'
import type { Rule } from '../rules.ts'
import type { Level, Place, ScanSink } from '../types.ts'

/** What each hazard of a config means. */
const MEANING: Readonly<Record<KerasHazard['kind'], readonly [rule: Rule, level: Level]>> = {
  // A Lambda of a named function brings no code, but takes it from somewhere.
  lambda: ['keras/unknown-object', 'unknown'],
  bytecode: ['keras/bytecode', 'unsafe'],
  'custom-object': ['keras/unknown-object', 'unknown'],
  'custom-function': ['keras/unknown-object', 'unknown'],
  'tensorflow-op': ['keras/unknown-object', 'unknown'],
  'saved-model': ['keras/file', 'unknown'],
  'torch-module': ['keras/dangerous-object', 'unsafe'],
  'jax-function': ['keras/unknown-object', 'unknown'],
  file: ['keras/file', 'unknown'],
}

/** Modules and names of Keras and TensorFlow that load, fetch or unpack when a config calls them. */
const GADGETS =
  /get_file|extract_archive|enable_unsafe_deserialization|load_model|load_weights|import_module|py_function|numpy_function|read_file|write_file|func_load|pickle|run_command/

/** Judges a Keras config and tells what it finds. */
export function reportKeras(config: Json, at: Place, sink: Pick<ScanSink, 'add'>): void {
  for (const hazard of kerasHazards(config)) {
    const [rule, level] = meaningOf(hazard)
    const what = `${hazard.detail}${hazard.path === '' ? '' : `, at ${hazard.path.slice(0, 200)}`}`
    sink.add({
      rule,
      level,
      what,
      at: { ...at, ...(hazard.layer !== '' && { layer: hazard.layer.slice(0, 200) }) },
    })
  }
}

function meaningOf({ kind, detail }: KerasHazard): readonly [rule: Rule, level: Level] {
  const named = /(?:class|function) ([\w.]+)\.([\w]+)/.exec(detail)
  if (kind === 'custom-object' || kind === 'custom-function') {
    const danger = named && named[1] !== undefined && dangerOf(named[1], named[2]!)
    if (danger || GADGETS.test(detail)) return ['keras/dangerous-object', 'unsafe']
  }
  if (kind === 'lambda' && /marshalled/.test(detail)) return MEANING.bytecode
  return MEANING[kind]
}
