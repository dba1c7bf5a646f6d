import type { Range } from '../../protobuf/wire.ts'
import { MAX_METADATA, MAX_METADATA_BYTES, overLimit } from '../limits.ts'
import type { OnnxOpset } from '../types.ts'
import type { DeviceConfiguration, Entry } from './proto.ts'
import type { Reading } from './reading.ts'

/** A StringStringEntryProto: 1 key, 2 value. */
export async function readEntry(
  reading: Reading,
  range: Range,
  most: number = MAX_METADATA_BYTES,
): Promise<Entry> {
  let [key, value] = ['', '']
  await reading.wire.walk(range, async field => {
    if (field.kind !== 'bytes') return
    if (field.number === 1) key = await reading.text(field.range, 'a key')
    if (field.number === 2)
      value = await reading.text(field.range, `the value of '${key.slice(0, 100)}'`, most)
  })
  return { key, value }
}

/** Adds an entry of a metadata_props; the last of equal keys holds. */
export async function addMetadata(reading: Reading, range: Range, to: Map<string, string>): Promise<void> {
  const { key, value } = await readEntry(reading, range)
  to.set(key, value)
  if (to.size > MAX_METADATA) throw overLimit(`More than ${MAX_METADATA} metadata_props`)
}

export function entriesOf(entries: ReadonlyMap<string, string>): Entry[] {
  return [...entries].map(([key, value]) => ({ key, value }))
}

/** OperatorSetIdProto: 1 domain, 2 version. */
export async function readOpset(reading: Reading, range: Range): Promise<OnnxOpset> {
  let [domain, version] = ['', 0]
  await reading.wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1) domain = await reading.text(field.range, 'a domain')
    if (field.kind === 'varint' && field.number === 2) version = Number(BigInt.asIntN(64, field.value))
  })
  return { domain: domain === 'ai.onnx' ? '' : domain, version }
}

/** A DeviceConfigurationProto: 1 name, 2 num_devices. */
export async function readConfiguration(reading: Reading, range: Range): Promise<DeviceConfiguration> {
  let [name, devices] = ['', 0]
  await reading.wire.walk(range, async field => {
    if (field.kind === 'bytes' && field.number === 1)
      name = await reading.text(field.range, 'a configuration')
    if (field.kind === 'varint' && field.number === 2) devices = Number(BigInt.asIntN(32, field.value))
  })
  return { name, devices }
}
