import { elementCount, openFile, type Tensor } from '../../../src/core/index.ts'
import { openNpz } from '../../../src/formats/index.ts'

/** The examples of an .npz file: its first array, and what is right in its last one. */
export interface Examples {
  readonly count: number
  /** One example as a batch; pixels of a byte as 0 to 1, in a shape that the model says. */
  input(place: number, shape: readonly (number | string | null)[]): Promise<Tensor>
  /** A class, or classes in a row with −1 behind them. */
  readonly truths: readonly (readonly number[])[]
  close(): Promise<void>
}

export async function openExamples(path: string): Promise<Examples> {
  const source = await openFile(path)
  const npz = await openNpz(source)
  const [inputs, labels] = [await npz.array(npz.names[0]!), await (await npz.array(npz.names.at(-1)!)).read()]
  const count = inputs.shape[0]!
  const width = elementCount(labels.shape) / count
  const numbers = Array.from(labels.data, Number)
  return {
    count,
    truths: Array.from({ length: count }, (_, i) => numbers.slice(i * width, (i + 1) * width)),
    async input(place, shape) {
      const { data, dtype, ...rest } = await inputs.rows(place, place + 1)
      if (dtype !== 'uint8') return { data, dtype, ...rest } as Tensor
      const sizes = [1, ...shape.slice(1).map(Number)]
      return {
        dtype: 'float32',
        shape: sizes,
        data: Float32Array.from(data as Uint8Array, byte => byte / 255),
      }
    },
    close: () => source.close(),
  }
}

/** Whether a model's first output says what is right: its best class, or the best of each step as CTC reads them. */
export function isRight({ data, shape }: Tensor, truth: readonly number[]): boolean {
  const width = shape.at(-1)!
  const best = Array.from({ length: data.length / width }, (_, row) => bestOf(data, row * width, width))
  if (truth.length === 1) return best[0] === truth[0]
  const read = best.filter((place, i) => place !== 0 && place !== best[i - 1])
  const wanted = truth.filter(place => place >= 0)
  return read.length === wanted.length && read.every((place, i) => place === wanted[i])
}

function bestOf(data: Tensor['data'], at: number, width: number): number {
  let best = 0
  for (let i = 1; i < width; i++) if (data[at + i]! > data[at + best]!) best = i
  return best
}
