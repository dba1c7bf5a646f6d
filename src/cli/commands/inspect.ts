import { Command } from 'commander'
import {
  loadStatistics,
  type ModelFile,
  type ModelStatistics,
  type OpenedModel,
  openModel,
  type TensorStatistics,
} from '../../formats/index.ts'
import { describeFile } from '../inspect/describe.ts'
import { graphLines } from '../inspect/graph.ts'
import { progressOf } from '../inspect/progress.ts'
import { statisticsTable, tensorTable } from '../inspect/tensors.ts'
import { clean } from '../output/clean.ts'
import { endWithReader } from '../output/pipe.ts'

/** Up to here the digest is told unasked: reading that much is quick anywhere. */
const SMALL_BYTES: number = 50 * 1024 * 1024

interface Options {
  readonly json?: boolean
  readonly tensors?: boolean
  readonly graph?: boolean
  readonly stats?: boolean
  readonly digest?: boolean
}

export function inspectCommand(): Command {
  return new Command('inspect')
    .description('what a model or data file is, in any format; read by ranges, never executed')
    .argument('<target>', 'a file, the folder of a model, or an http(s) address')
    .option('--tensors', 'list every tensor')
    .option('--graph', 'list every node, layer or tree')
    .option('--stats', 'statistics of the weights, which reads all of them')
    .option('--digest', `SHA-256, which reads everything; told unasked for small local files`)
    .option('--json', 'for machines: the whole description, with every tensor and node')
    .action(run)
}

async function run(target: string, options: Options): Promise<void> {
  endWithReader()
  const model = await openModel(target)
  try {
    const small = model.file.size <= SMALL_BYTES && !/^https?:/i.test(target)
    const digest = options.digest || small ? await model.digest() : undefined
    const everything = options.json || options.tensors || options.graph || options.stats
    const file = (everything ? await model.whole?.() : undefined) ?? model.file
    const statistics = options.stats
      ? await readStatistics(model, file.tensors.length, options.json !== true)
      : undefined
    if (options.json) {
      const { tensors, total } = statistics ?? {}
      const all = {
        ...file,
        ...(digest && { digest }),
        ...(total && { statistics: { tensors, total } }),
      }
      process.stdout.write(`${JSON.stringify(all, null, 2)}\n`)
    } else for (const text of await textOf(file, options, digest, statistics)) await write(`${text}\n`)
  } finally {
    await model.close()
  }
}

interface AllStatistics {
  readonly tensors: readonly TensorStatistics[]
  readonly total: ModelStatistics
}

async function readStatistics(model: OpenedModel, count: number, human: boolean): Promise<AllStatistics> {
  const { statisticsOfModel } = await loadStatistics()
  const progress = progressOf(human && process.stderr.isTTY, count)
  const tensors: TensorStatistics[] = []
  try {
    const total = await statisticsOfModel(model, {
      onTensor(statistics) {
        tensors.push(statistics)
        progress.show(tensors.length, statistics.name)
      },
    })
    return { tensors, total }
  } finally {
    progress.clear()
  }
}

async function textOf(
  file: ModelFile,
  { tensors, graph }: Options,
  digest: string | undefined,
  statistics: AllStatistics | undefined,
): Promise<Iterable<string>> {
  const barOf = statistics && (await loadStatistics()).barOf
  return (function* () {
    yield* describeFile(file)
    if (digest) yield `digest ${digest}`
    if (tensors && file.tensors.length > 0) yield `\n${tensorTable(file)}`
    if (statistics && barOf) {
      yield `\n${statisticsTable(statistics.tensors, statistics.total, barOf)}`
      for (const note of statistics.total.notes) yield `note: ${clean(note)}`
      const { length } = statistics.total.skipped
      if (length > 0) yield `note: ${length} tensors hold no numbers, and were left out`
    }
    if (graph) {
      yield ''
      if (file.graph) yield* graphLines(file.graph)
      else yield `${file.format}: there is no graph in it`
    }
  })()
}

/** Waits for a slow reader: a graph of a million lines is not held in memory. */
async function write(text: string): Promise<void> {
  if (process.stdout.write(text)) return
  await new Promise<void>(done => process.stdout.once('drain', done))
}
