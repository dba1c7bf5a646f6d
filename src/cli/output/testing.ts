import type { OnnxModel } from '../../formats/index.ts'

export const aModel = (data: OnnxModel['graph']['initializers'] = []): OnnxModel => ({
  opsets: [{ domain: '', version: 21 }],
  graph: {
    name: 'g',
    nodes: [{ op: 'Identity', inputs: ['x'], outputs: ['y'] }],
    inputs: [{ name: 'x', dtype: 'float32', shape: [1] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: [1] }],
    initializers: data,
  },
})

const PARTS = ['first', 'second', 'third'] as const
export type Part = (typeof PARTS)[number]
const MEGABYTE = 1024 * 1024
const EACH = 20

/** Three tensors of 20 MB, all different; `onMade` is told of each megabyte of one that is made. */
export function large(onMade: (part: Part, megabyte: number) => void = () => undefined): OnnxModel {
  return aModel(
    PARTS.map((name, i) => ({
      name,
      dtype: 'uint8',
      shape: [EACH * MEGABYTE],
      async *data() {
        const piece = new Uint8Array(MEGABYTE)
        for (let at = 0; at < EACH; at++) {
          onMade(name, at)
          yield piece.fill(100 * i + at)
        }
      },
    })),
  )
}
