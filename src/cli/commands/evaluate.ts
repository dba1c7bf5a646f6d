import { Command, InvalidArgumentError } from 'commander'
import { BallastError, resolveInside } from '../../core/index.ts'
import { openDataset } from '../../evaluate/index.ts'
import { runnableOf, withAnswers } from '../convert/runnable.ts'
import { print } from '../output/print.ts'
import { modelConfigOf } from '../stages/context.ts'
import { describeEvaluation, judge } from '../stages/evaluate.ts'
import { localRepository } from '../stages/local.ts'

interface Options {
  readonly folder: string
  readonly data?: string
  readonly limit?: number
  readonly json?: boolean
}

export function evaluateCommand(): Command {
  return new Command('evaluate')
    .description('run a model over a data set and measure it, as the pipeline does')
    .argument('[model]', 'a model file, converted where it is not ONNX; default: the one of ballast.yaml')
    .option('--folder <folder>', 'the model repository', '.')
    .option('--data <path>', 'npz, IDX, CSV, JSONL or Parquet; default: that of ballast.yaml')
    .option('--limit <n>', 'at most this many examples; default: that of ballast.yaml', wholeNumber)
    .option('--json', 'for machines')
    .action(run)
}

function wholeNumber(text: string): number {
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`Expected a whole number above 0, found '${text}'.`)
}

async function run(model: string | undefined, { folder, data, limit, json }: Options): Promise<void> {
  const repository = await localRepository(folder)
  const wanted = repository.evaluate
  const path = data ?? (wanted && (await resolveInside(folder, wanted.data)))
  if (!path)
    throw new BallastError('NO_DATA', {
      message: 'ballast.yaml names no data to evaluate on',
      hint: 'Name it with --data, or add `evaluate: { data: data/test.npz }`.',
    })
  const dataset = await openDataset(path, {
    rows: 'allowed',
    ...(wanted?.inputField !== undefined && { inputField: wanted.inputField }),
    ...(wanted?.labelField !== undefined && { labelField: wanted.labelField }),
  })
  const say = (line: string) => process.stderr.write(`${line}\n`)
  const config = await modelConfigOf(folder, repository)
  const file = model ?? (await resolveInside(folder, repository.model.file))
  const runnable = await runnableOf(file, repository.convert || {}, say)
  const most = limit ?? wanted?.limit
  const { evaluation } = await judge(
    runnable.path,
    withAnswers(config, runnable),
    dataset,
    'model',
    say,
    most === undefined ? {} : { limit: most },
  ).finally(runnable.close)
  const metrics = wanted?.metrics ?? (Object.keys(evaluation.metrics) as (keyof typeof evaluation.metrics)[])
  print(evaluation, json, value => describeEvaluation(value, metrics).join('\n'))
}
