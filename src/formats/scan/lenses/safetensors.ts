import { FormatsError } from '../../errors.ts'
import { readHeader } from '../../safetensors/header.ts'
import type { Content } from '../engine/content.ts'
import type { Lens } from '../engine/lens.ts'

/** Headers of files that only claim to be safetensors are not told from text. */
const HEADER = /^.{5}\0\0\0\{/s
const MEMBERS = /"(?:__metadata__|data_offsets)"/

export const safetensorsLens: Lens = {
  name: 'safetensors',
  async scan(content, sink) {
    if (!isSafetensors(content)) return undefined
    try {
      const header = await readHeader(content.source)
      for (const [key, value] of header.metadata) sink.text(`__metadata__.${key}`, value)
    } catch (error) {
      if (!(error instanceof FormatsError)) throw error
      // A parser may take such a file all the same.
      if (!sink.context.speculative)
        sink.add({ rule: 'safetensors/header', level: 'unknown', what: error.message.slice(0, 400) })
    }
    return 'safetensors'
  },
}

function isSafetensors({ latin, name }: Content): boolean {
  if (name.endsWith('.safetensors') && latin[8] === '{') return true
  return (HEADER.test(latin) || latin[8] === '{') && MEMBERS.test(latin.slice(8, 16_384))
}
