import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openFile, type Tensor, type Tensors } from '../../core/index.ts'
import { type OnnxModel, openNpz, writeOnnx } from '../../formats/index.ts'
import { loadOnnx, type ModelSession } from '../../model/index.ts'
import { STATIC_FIXTURES } from '../precision/qdq/testing.ts'

/** Opens models from files in a folder that is gone afterwards. */
export async function withOpener<T>(
  use: (opener: (model: OnnxModel) => Promise<ModelSession>) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'calibration-'))
  let count = 0
  try {
    return await use(async model => {
      const path = join(folder, `${count++}.onnx`)
      const file = await open(path, 'wx')
      await writeOnnx(model, { write: async bytes => void (await file.writeFile(bytes)) })
      await file.close()
      return loadOnnx(path, { optimizations: 'none' })
    })
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The samples that onnxruntime's calibrators saw of a model's input x. */
export async function samplesOf(name: string): Promise<readonly Tensors[]> {
  const source = await openFile(`${STATIC_FIXTURES}samples.npz`)
  try {
    const array = await (await openNpz(source)).array(`${name}.x`)
    const samples: { readonly x: Tensor }[] = []
    for (let i = 0; i < array.shape[0]!; i++) samples.push({ x: await array.rows(i, i + 1) })
    return samples
  } finally {
    await source.close()
  }
}
