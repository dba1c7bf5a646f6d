/** One measurement in a process of its own: `child.ts describe|statistics FILE` prints a line of JSON. */
import { basename, dirname } from 'node:path'
import { type FileTree, folderTree, loadStatistics, openIn } from '../../src/formats/index.ts'

const [work, path] = process.argv.slice(2) as [string, string]
let read = 0

/** Counts what is read of every file. */
function counting(tree: FileTree): FileTree {
  return {
    ...tree,
    async open(name) {
      const source = await tree.open(name)
      return {
        ...source,
        read(offset, length) {
          read += length
          return source.read(offset, length)
        },
        ...(source.readInto && {
          async readInto(offset: number, target: Uint8Array) {
            read += target.length
            await source.readInto?.(offset, target)
          },
        }),
      }
    },
  }
}

const started = performance.now()
const before = process.cpuUsage()
const model = await openIn(counting(folderTree(dirname(path))), basename(path))
if (work === 'statistics') {
  const { statisticsOfModel } = await loadStatistics()
  await statisticsOfModel(model)
}
const milliseconds = performance.now() - started
const { user, system } = process.cpuUsage(before)
const processor = (user + system) / 1000
const { size } = model.file
await model.close()
// maxRSS is in KiB.
const peak = process.resourceUsage().maxRSS * 1024
process.stdout.write(JSON.stringify({ size, read, milliseconds, processor, peak }))
