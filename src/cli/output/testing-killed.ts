/** Writes a model, and kills itself within the third tensor: node testing-killed.ts OUT SOURCE */
import { large } from './testing.ts'
import { writeModel } from './write-model.ts'

const [out = '', source = ''] = process.argv.slice(2)
const model = large((part, megabyte) => {
  if (part === 'third' && megabyte === 16) process.kill(process.pid, 'SIGKILL')
})
await writeModel(model, out, [source])
