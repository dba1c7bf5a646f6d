import { protobufKind } from '../../open/protobuf-kind.ts'
import type { ModelInput, OpenModel } from '../../ports.ts'
import {
  openGraphDef,
  openMetaGraph,
  openSavedModel,
  openTfjsGraph,
  type TensorflowHazard,
} from '../../tensorflow/index.ts'
import { openTflite } from '../../tflite/index.ts'
import { type Content, hasMagic } from '../engine/content.ts'
import { inputOf } from '../engine/input.ts'
import type { Lens } from '../engine/lens.ts'
import type { Rule } from '../rules.ts'
import type { Level, ScanSink } from '../types.ts'

type Hazard = Pick<TensorflowHazard, 'op' | 'node' | 'detail'> & {
  readonly kind: string
  readonly function?: string
}

/** A model of TensorFlow that its reader opened. */
type Opened = OpenModel & { readonly hazards: readonly Hazard[] }

const MEANING: Readonly<Record<string, readonly [rule: Rule, level: Level]>> = {
  'file-read': ['tensorflow/side-effect', 'unsafe'],
  'file-write': ['tensorflow/side-effect', 'unsafe'],
  code: ['tensorflow/side-effect', 'unsafe'],
  network: ['tensorflow/side-effect', 'unsafe'],
  process: ['tensorflow/side-effect', 'unsafe'],
  log: ['tensorflow/side-effect', 'note'],
  'unknown-op': ['tensorflow/unknown-op', 'unknown'],
  'custom-op': ['tflite/custom-op', 'unknown'],
}

/** SavedModels, frozen graphs and the meta graphs of checkpoints: their ops, and the files that belong to them. */
export const tensorflowLens: Lens = {
  name: 'tensorflow',
  async scan(content, sink) {
    const kind = await protobufKind(content.source)
    if (kind === 'tensorflow-savedmodel') await through(openSavedModel, content, sink)
    else if (kind === 'tensorflow-graphdef') await through(openGraphDef, content, sink)
    else if (kind === 'tensorflow-metagraph') await through(openMetaGraph, content, sink)
    else return undefined
    return kind
  },
}

export const tfliteLens: Lens = {
  name: 'tflite',
  async scan(content, sink) {
    if (!hasMagic(content, 'TFL3', 4)) return undefined
    await through(openTflite, content, sink)
    return 'tflite'
  },
}

/** TF.js graph models: `model.json` with its weight files. */
export const tfjsLens: Lens = {
  name: 'tfjs-graph',
  async scan(content, sink) {
    if (!/^\s*\{/.test(content.latin) || !/"(?:modelTopology|weightsManifest)"/.test(content.latin))
      return undefined
    for (const path of shardsOf(content)) sink.belongs(path)
    if (!/"node"\s*:/.test(content.latin) || /"model_config"\s*:/.test(content.latin)) return 'tfjs-layers'
    await through(openTfjsGraph, content, sink)
    return 'tfjs-graph'
  },
}

/** Weight files, by the manifest; it stands at the end, or behind the topology. */
function shardsOf({ head, path }: Content): readonly string[] {
  const text = Buffer.from(head.buffer, head.byteOffset, head.byteLength).toString('utf8')
  const folder = path?.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : ''
  return [...text.matchAll(/"([\w][\w.-]{0,200}\.bin)"/g)].map(match => `${folder}${match[1]}`)
}

async function through(
  open: (input: ModelInput) => Promise<Opened>,
  content: Content,
  sink: ScanSink,
): Promise<void> {
  const model = await open(inputOf(content))
  try {
    tell(model.hazards, sink)
    for (const { path } of model.file.files) sink.belongs(path)
    for (const { key, value } of model.file.metadata) sink.text(key, value)
  } finally {
    await model.close()
  }
}

function tell(hazards: readonly Hazard[], sink: ScanSink): void {
  for (const { kind, op, node, detail, function: within } of hazards) {
    const [rule, level] = MEANING[kind] ?? ['tensorflow/unknown-op', 'unknown']
    // A program of XLA's is not looked into, and does nothing but compute as a rule.
    const known = op === 'XlaCallModule' ? 'unknown' : level
    const place = within === undefined ? node : `${within}/${node}`
    sink.add({ rule, level: known, what: `${op} ${detail}`, at: { node: place.slice(0, 400) } })
  }
}
