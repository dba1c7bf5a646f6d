import { Command } from 'commander'
import { BallastError, resolveInside } from '../../core/index.ts'
import { judgeGates, openDataset } from '../../evaluate/index.ts'
import { runnableOf, withAnswers } from '../convert/runnable.ts'
import { print } from '../output/print.ts'
import { modelConfigOf } from '../stages/context.ts'
import { judge } from '../stages/evaluate.ts'
import { allGates, overall } from '../stages/gate.ts'
import { localRepository } from '../stages/local.ts'

interface Options {
  readonly folder: string
  readonly production?: string
  readonly gate?: readonly string[]
  readonly json?: boolean
}

export function gateCommand(): Command {
  return new Command('gate')
    .description(
      'judge a model by its gates, against production where one is named; exit 1 unless all passed',
    )
    .argument('[model]', 'an ONNX file; default: the one of ballast.yaml')
    .option('--folder <folder>', 'the model repository', '.')
    .option('--production <model>', 'what serves now: an ONNX file to compare with')
    .option('--gate <gate...>', "more gates, such as 'accuracy >= 0.97'")
    .option('--json', 'for machines')
    .action(run)
}

async function run(model: string | undefined, { folder, production, gate, json }: Options): Promise<void> {
  const repository = await localRepository(folder)
  const wanted = repository.evaluate
  if (!wanted)
    throw new BallastError('NO_DATA', {
      message: 'ballast.yaml names no data to judge on',
      hint: 'Add `evaluate: { data: data/test.npz }`.',
    })
  const data = await openDataset(await resolveInside(folder, wanted.data), {
    rows: 'allowed',
    ...(wanted.inputField !== undefined && { inputField: wanted.inputField }),
    ...(wanted.labelField !== undefined && { labelField: wanted.labelField }),
  })
  const config = await modelConfigOf(folder, repository)
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const file = model ?? (await resolveInside(folder, repository.model.file))
  const limit = wanted.limit === undefined ? {} : { limit: wanted.limit }
  const judged = async (path: string, who: string) => {
    const runnable = await runnableOf(path, repository.convert || {}, say)
    return judge(runnable.path, withAnswers(config, runnable), data, who, say, limit).finally(runnable.close)
  }
  const candidate = await judged(file, 'candidate')
  const before = production === undefined ? undefined : await judged(production, 'production')
  const results = judgeGates(allGates(repository.gates, gate ?? []), candidate, before)
  print(results, json, all => all.map(({ summary }) => summary).join('\n') || 'no gates')
  if (overall(results) !== 'passed' && results.length > 0) process.exitCode = 1
}
