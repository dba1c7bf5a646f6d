import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { loadOnnx } from '../../../model/index.ts'
import { type ConstantsRequest, DATA_FILE, MODEL_FILE, type Result } from './results.ts'

/** Runs the graph of a folder, and writes what it gives there; tells where each output stands. */
export async function computeConstants({ folder }: ConstantsRequest): Promise<readonly Result[]> {
  const session = await loadOnnx(join(folder, MODEL_FILE))
  const outputs = await session.run({})
  const file = await open(join(folder, DATA_FILE), 'wx')
  const results: Result[] = []
  let offset = 0
  for (const [name, { dtype, shape, data }] of Object.entries(outputs)) {
    if (!ArrayBuffer.isView(data)) throw new TypeError(`'${name}' is of text`)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    await file.writeFile(bytes)
    results.push({ name, dtype, shape, offset, bytes: bytes.byteLength })
    offset += bytes.byteLength
  }
  await file.close()
  await session.close()
  return results
}
