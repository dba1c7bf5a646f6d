import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BallastError, systemCode } from '../../core/index.ts'
import { openModel } from '../../formats/index.ts'
import { BLOCK_SIZES } from '../../optimize/index.ts'
import { describeOptimized } from '../optimize/describe.ts'
import { type Change, optimizeModel } from '../optimize/optimize.ts'
import { endWithReader } from '../output/pipe.ts'
import { print } from '../output/print.ts'

interface Options {
  readonly output: string
  readonly int8?: boolean
  readonly int4?: boolean
  readonly fp16?: boolean
  readonly uint8?: boolean
  readonly perChannel: boolean
  readonly reduceRange?: boolean
  readonly block: number
  readonly asymmetric?: boolean
  readonly accuracyLevel: 0 | 1 | 2 | 3 | 4
  readonly keep: readonly string[]
  readonly shape: ReadonlyMap<string, readonly number[]>
  readonly threads: number
  readonly measure: boolean
  readonly force?: boolean
  readonly json?: boolean
}

/** Both models are run for so long. */
const BUDGET_MS = 5000

export function optimizeCommand(): Command {
  return new Command('optimize')
    .description('write a smaller, faster variant of an ONNX model, and measure it beside the original')
    .argument('<model>', 'an ONNX file')
    .requiredOption('-o, --output <file>', 'the variant')
    .option('--int8', 'weights as 8-bit integers, activations too while it runs')
    .option('--int4', 'matrices in blocks of four bits (MatMulNBits)')
    .option('--fp16', 'float16, but for inputs, outputs and what must stay: smaller, and on CPUs no faster')
    .option('--uint8', 'of --int8: weights from their least to their greatest, instead of around 0')
    .option('--no-per-channel', 'of --int8: one scale for a whole weight')
    .option('--reduce-range', 'of --int8: seven bits, for CPUs without VNNI, whose sums overflow')
    .option('--block <size>', `of --int4: numbers that share a scale: ${BLOCK_SIZES.join(', ')}`, whole, 32)
    .option('--asymmetric', 'of --int4: from the least to the greatest of a block')
    .addOption(
      new Option('--accuracy-level <level>', 'of --int4: 4 computes with 8-bit activations, 1 with float32')
        .choices(['0', '1', '2', '3', '4'])
        .default(4)
        .argParser(level),
    )
    .option('--keep <node>', 'a node that stays as it is; may be given again', gather, [])
    .option(
      '--shape <input=sizes>',
      'where sizes are free: tokens=1,128; may be given again',
      shape,
      new Map(),
    )
    .option('--threads <n>', 'within one run, for the measurement', whole, 1)
    .option('--no-measure', 'write the variant only')
    .option('--force', 'replace the output where there is one')
    .option('--json', 'for machines')
    .action(run)
}

async function run(path: string, options: Options): Promise<void> {
  endWithReader()
  const change = changeOf(options)
  await checkOutput(path, options)
  const say =
    options.json || !process.stderr.isTTY ? undefined : (line: string) => process.stderr.write(`${line}\n`)
  const model = await openModel(path)
  try {
    const optimized = await optimizeModel(model, {
      path,
      out: options.output,
      change,
      keep: new Set(options.keep),
      ...(options.measure && {
        measure: { shapes: options.shape, threads: options.threads, budget: BUDGET_MS },
      }),
      ...(say && { say }),
    })
    print(optimized, options.json, describeOptimized)
  } finally {
    await model.close()
  }
}

function changeOf(options: Options): Change {
  const { int8, int4, fp16, perChannel, reduceRange = false, asymmetric = false, accuracyLevel } = options
  if ([int8, int4, fp16].filter(Boolean).length !== 1)
    throw new BallastError('ARGUMENT_MISSING', {
      message: 'Name one change: --int8, --int4 or --fp16',
      hint: '--int8 is the one that makes most models faster on CPUs.',
    })
  if (int8) return { kind: 'int8', dtype: options.uint8 ? 'uint8' : 'int8', perChannel, reduced: reduceRange }
  if (int4) return { kind: 'int4', size: options.block, asymmetric, accuracyLevel }
  return { kind: 'fp16' }
}

/** The original is never written over: the variant is computed from it while it is written. */
async function checkOutput(path: string, { output, force }: Options): Promise<void> {
  if (resolve(path) === resolve(output))
    throw new BallastError('FILE_EXISTS', {
      message: `${output} is the model itself`,
      hint: 'Name another file with --output.',
    })
  if (force) return
  const there = await stat(output).catch(cause => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw cause
  })
  if (there)
    throw new BallastError('FILE_EXISTS', {
      message: `There is a file ${output} already`,
      hint: 'Name another one with --output, or give --force.',
    })
}

function whole(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`Expected a whole number, found '${text}'.`)
}

function level(text: string): number {
  if (/^[0-4]$/.test(text)) return Number(text)
  throw new InvalidArgumentError(`Expected a level from 0 to 4, found '${text}'.`)
}

function gather(node: string, nodes: readonly string[]): readonly string[] {
  return [...nodes, node]
}

function shape(
  text: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, readonly number[]> {
  const [, name, sizes] = /^(.+)=([1-9]\d{0,8}(?:,[1-9]\d{0,8})*)$/.exec(text) ?? []
  if (name === undefined || sizes === undefined)
    throw new InvalidArgumentError(`Expected an input and its sizes, such as tokens=1,128; found '${text}'.`)
  return new Map([...shapes, [name, sizes.split(',').map(Number)]])
}
