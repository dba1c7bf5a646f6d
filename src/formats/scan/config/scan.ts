import { isObject, type Json, member, textMember } from '../../keras/config/json.ts'
import { reportKeras } from '../keras/report.ts'
import { dangerOf } from '../pickle/dangers.ts'
import { reportTemplate } from '../template/report.ts'
import type { ScanSink } from '../types.ts'
import { isExportedProgram, reportTarget, scanExportedMember } from './exported.ts'
import { scanNamed, scanPipeline } from './named.ts'

/** Values of one document that are looked at: a tokenizer has a million. */
const MAX_VALUES = 20_000_000

/**
 * Judges a JSON document: configurations of Keras by their objects, those of transformers, diffusers and hydra by the
 * keys under which they ask for code, chat templates under any key. Text under other keys is no code.
 */
export function scanConfig(config: Json, sink: ScanSink): void {
  if (isKeras(config)) reportKeras(config, {}, sink)
  scanPipeline(config, sink)
  const exported = isExportedProgram(config)
  const todo: { readonly value: Json; readonly key: string }[] = [{ value: config, key: '' }]
  for (let seen = 0; todo.length > 0; seen++) {
    if (seen > MAX_VALUES) {
      sink.add({ rule: 'content/limit', level: 'unknown', what: `more than ${MAX_VALUES} values` })
      return
    }
    const { value, key } = todo.pop()!
    if (Array.isArray(value)) for (const item of value as readonly Json[]) todo.push({ value: item, key })
    else if (isObject(value)) {
      for (const name of Object.keys(value)) {
        const inner = member(value, name)!
        scanMember(name, inner, value, sink)
        scanNamed(name, inner, value, sink)
        if (exported && typeof inner === 'string') scanExportedMember(name, inner, sink)
        if (name === 'weight_map') scanShards(inner, sink)
        if (typeof inner === 'object' && inner !== null) todo.push({ value: inner, key: name })
      }
    }
  }
}

/** A config of Keras, or the topology of a TF.js model that has one. */
function isKeras(config: Json): boolean {
  if (!isObject(config)) return false
  const topology = member(config, 'modelTopology')
  if (isObject(topology)) return member(topology, 'model_config') !== undefined || isKeras(topology)
  const named = textMember(config, 'class_name') !== undefined && member(config, 'config') !== undefined
  return named || textMember(config, 'keras_version') !== undefined
}

function scanMember(name: string, value: Json, parent: Json, sink: ScanSink): void {
  if (/(?:^|_)template$/.test(name)) scanTemplates(name, value, sink)
  else if (name === 'auto_map') remoteCode(name, value, sink)
  else if (name === 'custom_pipelines' || name === 'custom_pipeline') remoteCode(name, value, sink)
  else if (name === 'trust_remote_code' && value === true) remoteCode(name, value, sink)
  else if (name === '_target_' && typeof value === 'string') target(name, value, sink)
  else if (name === 'target' && typeof value === 'string' && isNode(parent)) reportTarget(name, value, sink)
  else if (name === 'type' && typeof value === 'string' && isObject(parent)) moduleType(value, parent, sink)
}

/** A node of an exported PyTorch program. */
function isNode(parent: Json): boolean {
  return (
    isObject(parent) && Array.isArray(member(parent, 'inputs')) && Array.isArray(member(parent, 'outputs'))
  )
}

/** A template, or several by name: `[{ name, template }]`. */
function scanTemplates(key: string, value: Json, sink: ScanSink): void {
  if (typeof value === 'string') reportTemplate(value, { key }, sink)
  else if (isObject(value))
    for (const name of Object.keys(value))
      scanTemplates(`${key}.${name}`.slice(0, 200), member(value, name)!, sink)
}

/** The index of a sharded model: its files lie beside it. */
function scanShards(map: Json, sink: ScanSink): void {
  if (!isObject(map)) return
  const files = new Set(Object.keys(map).map(name => textMember(map, name) ?? ''))
  for (const file of files) {
    if (!/^(?:[/\\~]|[A-Za-z]:)|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(file)) continue
    const what = `weight_map names '${file.slice(0, 200)}', which lies outside the folder`
    sink.add({ rule: 'config/outside-path', level: 'unsafe', what, at: { key: 'weight_map' } })
  }
}

function remoteCode(key: string, value: Json, sink: ScanSink): void {
  const what = `${key} asks for code: ${JSON.stringify(value).slice(0, 200)}`
  sink.add({ rule: 'config/remote-code', level: 'unknown', what, at: { key } })
}

/** hydra's `instantiate` calls what `_target_` names. */
function target(key: string, value: string, sink: ScanSink): void {
  const dot = value.lastIndexOf('.')
  const danger = dangerOf(value.slice(0, Math.max(0, dot)), value.slice(dot + 1))
  const what = `${key} names ${value.slice(0, 200)}${danger ? `, which ${danger.does}` : ''}`
  sink.add({ rule: 'config/remote-code', level: danger ? 'unsafe' : 'unknown', what, at: { key } })
}

/** sentence-transformers imports what modules.json names: `{ idx, name, path, type }`. */
function moduleType(value: string, parent: Json, sink: ScanSink): void {
  if (!isObject(parent) || member(parent, 'idx') === undefined || member(parent, 'path') === undefined) return
  if (/^sentence_transformers\.[\w.]+$/.test(value)) return
  target('type', value, sink)
}
