import { dangerOf } from '../pickle/dangers.ts'
import type { ScanSink } from '../types.ts'

/** Longer values are prose. */
const MAX_NAME = 200
/** Tags that PyYAML's unsafe loaders make objects of: written short, whole, escaped, or through a %TAG of their own. */
const TAGS =
  /!!python(?:\/|%2[fF])(?:object|name|module|apply|new)[\w/:.%]{0,200}|!python\/[\w/:.]{1,200}|tag:yaml\.org,2002:python[/:][\w/:.]{0,200}/g
/** Members under which a loader imports or calls what they name. */
const IMPORTS =
  /^[\s{,-]{0,200}["']?(_target_|loader_module|_partial_target_|python_callable)["']?[ \t]{0,20}:[ \t]{0,20}["']?([A-Za-z_][\w.]{0,199})/gm
/** In the flow form: `{_target_: os.system}`. */
const FLOW = /[{,][ \t]{0,20}["']?(_target_)["']?[ \t]{0,20}:[ \t]{0,20}["']?([A-Za-z_][\w.]{0,199})/g
/** MLflow's own flavours. */
const FLAVOURS = /^mlflow(?:\.\w+){1,3}$/

/** YAML, by its name or not: tags of Python, and what hydra and MLflow import. */
export function scanYaml(text: string, lineOf: (index: number) => number, sink: ScanSink): void {
  for (const { 0: tag, index } of text.matchAll(TAGS))
    sink.add({
      rule: 'config/python-tag',
      level: 'unsafe',
      what: `the tag ${tag.slice(0, MAX_NAME)}`,
      at: { line: lineOf(index) },
    })
  for (const pattern of [IMPORTS, FLOW])
    for (const { 1: key, 2: name, index } of text.matchAll(pattern)) {
      if (key === 'loader_module' && FLAVOURS.test(name!)) continue
      const dot = name!.lastIndexOf('.')
      const danger = dangerOf(name!.slice(0, Math.max(0, dot)), name!.slice(dot + 1)) ?? dangerOf(name!, '')
      sink.add({
        rule: 'config/import',
        level: danger ? 'unsafe' : 'unknown',
        what: `${key} names ${name}${danger ? `, which ${danger.does}` : ''}`,
        at: { key: key!, line: lineOf(index) },
      })
    }
}

/** XML that defines entities of its own. */
export function scanXml(text: string, lineOf: (index: number) => number, sink: ScanSink): void {
  const entity = /<!ENTITY\s{1,20}(?:%\s{1,20})?[\w.-]{1,100}\s{1,20}(SYSTEM|PUBLIC)?/.exec(text)
  if (!entity) return
  const outside = entity[1] !== undefined
  sink.add({
    rule: 'config/entity',
    level: outside ? 'unsafe' : 'unknown',
    what: outside ? 'an entity that is read from elsewhere' : 'an entity of its own',
    at: { line: lineOf(entity.index) },
  })
}

/** Operations of a TensorFlow graph that is written as text. */
export function scanGraphText(text: string, sink: ScanSink): void {
  const ops = new Set([...text.matchAll(/\bop:\s{0,20}"([\w>]{1,100})"/g)].map(match => match[1]!))
  if (ops.size === 0) return
  const shown = [...ops].slice(0, 8).join(', ')
  const what = `a graph as text, which is not judged: ${ops.size} kinds of operations, ${shown}`
  sink.add({ rule: 'tensorflow/unknown-op', level: 'unknown', what })
}
