import { failing } from '../../errors.ts'
import { parseJson } from '../../keras/config/json.ts'
import { Wire } from '../../protobuf/wire.ts'
import type { Lens } from '../engine/lens.ts'
import { reportKeras } from '../keras/report.ts'

/** LevelDB's magic number, with which the index of a checkpoint ends. */
const INDEX_END = Buffer.from('57fb808b247547db', 'hex')
const MAX_CONFIG_BYTES: number = 64 * 1024 * 1024
const refuse = failing('FORMAT_MALFORMED', 'Save the model again with TensorFlow.')

/** The index of a TensorFlow checkpoint; its raw data lies beside it. */
export const checkpointLens: Lens = {
  name: 'tensorflow-checkpoint',
  async scan({ source, path, tree }, sink) {
    if (source.size < 48) return undefined
    const end = await source.read(source.size - 8, 8)
    if (Buffer.compare(end, INDEX_END) !== 0) return undefined
    const base = path?.replace(/\.index$/, '')
    for (const file of (await tree?.list()) ?? [])
      if (base !== undefined && file.path.startsWith(`${base}.data-`)) sink.belongs(file.path)
    return 'tensorflow-checkpoint'
  },
}

/** What Keras writes beside a SavedModel, and TensorFlow's fingerprint of one. */
export const metadataLens: Lens = {
  name: 'keras-metadata',
  async scan({ source, name }, sink) {
    if (name === 'fingerprint.pb' && source.size < 4096) return 'tensorflow-fingerprint'
    if (name !== 'keras_metadata.pb') return undefined
    const wire = new Wire(source, { malformed: refuse, overLimit: refuse, truncated: refuse })
    await wire.walk(wire.whole, async field => {
      if (field.kind !== 'bytes' || field.number !== 1) return
      await wire.walk(field.range, async part => {
        if (part.kind !== 'bytes' || part.number !== 5) return
        const json = await wire.text(part.range, MAX_CONFIG_BYTES, "Keras' configuration")
        sink.text('metadata', json)
        // Each object has its configuration again, metrics and optimisers among them: the code is what counts.
        if (/Lambda|__lambda__|"function_type"|"module"/.test(json))
          reportKeras(parseJson(json, { name: source.name }, 'the configuration'), {}, sink)
      })
    })
    return 'keras-metadata'
  },
}
