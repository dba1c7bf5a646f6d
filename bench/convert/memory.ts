/**
 * Peak memory of conversions, each in a process of its own, beside the bound of 0.2 × the model + 200 MB.
 *
 *   node bench/convert/memory.ts MODEL…
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openModel } from '../../src/formats/index.ts'

const CHILD = `
import { openModel } from '${new URL('../../src/formats/index.ts', import.meta.url)}'
import { converterOf } from '${new URL('../../src/convert/index.ts', import.meta.url)}'
import { writeModel } from '${new URL('../../src/cli/output/write-model.ts', import.meta.url)}'
import { setFlagsFromString } from 'node:v8'
const [model, out] = process.argv.slice(-2)
setFlagsFromString('--semi-space-growth-factor=1')
const opened = await openModel(model)
const conversion = await (await converterOf(opened.file.format))(opened, {})
await writeModel(conversion.model, out)
await conversion.close?.()
console.log(process.resourceUsage().maxRSS / 1024)
`

const folder = mkdtempSync(join(tmpdir(), 'ballast-memory-'))
try {
  console.log('model                                     size MB  peak MB  bound MB')
  for (const path of process.argv.slice(2)) {
    const model = await openModel(path)
    const size = model.file.size / 1e6
    await model.close()
    const args = ['--input-type=module', '-e', CHILD, '--', path, join(folder, 'out.onnx')]
    const peak = Number(execFileSync(process.execPath, args, { encoding: 'utf8' }))
    const bound = 0.2 * size + 200
    const cells = [size, peak, bound].map(value => value.toFixed(0).padStart(8))
    console.log(`${path.slice(-40).padEnd(40)} ${cells.join(' ')} ${peak <= bound ? '' : 'over'}`)
  }
} finally {
  rmSync(folder, { recursive: true })
}
