import { sourceOf } from '../../../core/index.ts'
import { type Hdf5Object, hdf5Hazards, openHdf5, walkHdf5 } from '../../hdf5/index.ts'
import { parseJson } from '../../keras/config/json.ts'
import type { Content } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'
import { reportKeras } from '../keras/report.ts'
import { recognise } from '../pickle/hidden.ts'
import type { ScanSink } from '../types.ts'

const SIGNATURE = '\x89HDF\r\n\x1a\n'
/** A user block in front has a power of two of bytes. */
const STARTS = [0, 512, 1024, 2048, 4096, 8192, 16_384, 32_768]
const WHAT = {
  'external-link': 'a link to another file',
  'external-file': 'data in another file',
  'virtual-dataset': 'data put together of other files',
  'user-link': 'a link of a kind that programs define',
} as const
/** Attributes that hold a model's description as JSON. */
const CONFIGS: ReadonlySet<string> = new Set(['model_config', 'training_config'])
/** Filters of HDF5 itself; others are plug-ins, of which these are common and harmless. */
const FILTERS: ReadonlySet<number> = new Set([
  1, 2, 3, 4, 5, 6, 305, 307, 32_026, 32_000, 32_001, 32_004, 32_008, 32_013, 32_015,
])

export const hdf5Lens: Lens = {
  name: 'hdf5',
  async scan(content, sink) {
    if (!STARTS.some(at => content.latin.startsWith(SIGNATURE, at))) return undefined
    const file = await openHdf5(content.source)
    const contents = await walkHdf5(file)
    for (const { kind, path, target } of hdf5Hazards(contents)) {
      // Data beside the file is what its author split; what leads out is not.
      const out = /^[/\\]|^[A-Za-z]:|(?:^|[/\\])\.\.(?:[/\\]|$)/.test(target)
      const level = out || kind === 'user-link' ? 'unsafe' : 'unknown'
      sink.add({
        rule: 'hdf5/external',
        level,
        what: `${WHAT[kind]}: ${target.slice(0, 200)}`,
        at: { node: path },
      })
    }
    for (const { path, info } of contents.datasets) {
      const strange = info.filters.find(({ id }) => !FILTERS.has(id))
      if (strange)
        sink.add({
          rule: 'hdf5/filter',
          level: 'unknown',
          what: `the filter ${strange.id} is a plug-in`,
          at: { node: path },
        })
    }
    let keras = false
    for (const object of [...contents.groups, ...contents.datasets])
      keras = (await attributes(object, content, sink)) || keras
    return keras ? 'keras-h5' : 'hdf5'
  },
}

/** Texts of attributes are searched; a model's config is judged. */
async function attributes(object: Hdf5Object, content: Content, sink: ScanSink): Promise<boolean> {
  let keras = false
  for (const attribute of await object.attributes()) {
    const key = object.path === '' ? attribute.name : `${object.path}@${attribute.name}`
    if (
      attribute.type.class !== 'string' &&
      attribute.type.class !== 'vlen-string' &&
      !CONFIGS.has(attribute.name)
    )
      continue
    const value = await attribute.value()
    if (typeof value !== 'string') {
      const what = `${key.slice(0, 200)} is no text, as Keras writes it, and was not judged`
      if (CONFIGS.has(attribute.name))
        sink.add({ rule: 'content/malformed', level: 'unknown', what, at: { key } })
      continue
    }
    sink.text(key, value)
    await pickled(attribute.name, value, key, sink)
    if (!CONFIGS.has(attribute.name)) continue
    keras = true
    reportKeras(parseJson(value, { name: content.source.name }, key), { key }, sink)
  }
  return keras
}

/**
 * PyTables keeps what HDF5 has no type for as pickles: in attributes, and in the rows of arrays of objects. pandas
 * reads its data frames through it.
 */
async function pickled(name: string, value: string, key: string, sink: ScanSink): Promise<void> {
  if (name === 'PSEUDOATOM' && value === 'object') {
    const what = 'rows that are pickles, which PyTables loads, and which are not looked into'
    sink.add({ rule: 'content/pickle-in-disguise', level: 'unknown', what, at: { key } })
  }
  // Of a pickle in binary form the text is broken, as it ends at the first zero.
  if (/^[\ufffd\x80][\x00-\x05]/.test(value)) {
    const what = `${key.slice(0, 200)} begins as a pickle, which PyTables loads, and was not looked into`
    sink.add({ rule: 'content/pickle-in-disguise', level: 'unknown', what, at: { key } })
  }
  const content = Buffer.from(value, 'latin1')
  if (recognise(content.subarray(0, 512), 'bytes') === undefined) return
  await sink.descend(sourceOf(content, key), `attribute ${key.slice(0, 200)}`, { speculative: true })
}
