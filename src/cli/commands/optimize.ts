import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BallastError, resolveInside, systemCode } from '../../core/index.ts'
import { openDataset } from '../../evaluate/index.ts'
import { openModel } from '../../formats/index.ts'
import {
  BLOCK_SIZES,
  CALIBRATIONS,
  type Calibration,
  CHANGES,
  type Change,
  PREFERENCES,
  type Preference,
  SAMPLES,
} from '../../optimize/index.ts'
import { calibratorOf } from '../optimize/calibrate.ts'
import { calibrationData } from '../optimize/calibration-data.ts'
import { describeOptimized, describeSearch } from '../optimize/describe.ts'
import type { MeasureOptions } from '../optimize/measure.ts'
import { optimizeModel } from '../optimize/optimize.ts'
import { changeNamed, searchVariants, withComparison } from '../optimize/search.ts'
import { describeSteps, stepsInside } from '../optimize/steps.ts'
import { endWithReader } from '../output/pipe.ts'
import { print } from '../output/print.ts'
import { modelConfigOf } from '../stages/context.ts'
import { allGates } from '../stages/gate.ts'
import { localRepository } from '../stages/local.ts'

interface Options {
  readonly output: string
  readonly auto?: boolean
  readonly try: readonly string[]
  readonly prefer: Preference
  readonly gate?: readonly string[]
  readonly folder: string
  readonly data?: string
  readonly int8?: boolean
  readonly int8Static?: boolean
  readonly calibrate: Calibration
  readonly samples: number
  readonly symmetric?: boolean
  readonly int4?: boolean
  readonly int8Blocks?: boolean
  readonly fp16?: boolean
  readonly fp16Weights?: boolean
  readonly bf16Weights?: boolean
  readonly withSteps?: boolean
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

/** Both models are run in turns for so long. */
const BUDGET_MS = 5000

export function optimizeCommand(): Command {
  return new Command('optimize')
    .description('write a smaller, faster variant of an ONNX model, and measure it beside the original')
    .argument('[model]', 'an ONNX file; default: the one of ballast.yaml')
    .requiredOption('-o, --output <file>', 'the variant')
    .option(
      '--auto',
      'try several changes, judge each by the gates of ballast.yaml on its data, write the best',
    )
    .option('--int8', 'weights as 8-bit integers, activations too while it runs')
    .option('--int8-static', 'weights and activations as 8-bit integers, on places that examples tell')
    .addOption(
      new Option('--calibrate <method>', 'of --int8-static: how ranges come of examples')
        .choices(CALIBRATIONS)
        .default('minmax'),
    )
    .option('--samples <n>', 'of --int8-static: how many examples', whole, SAMPLES)
    .option('--symmetric', 'of --int8-static: activations as int8 around 0, as GPUs take them')
    .option('--int4', 'matrices in blocks of four bits (MatMulNBits)')
    .option('--int8-blocks', 'the same in eight bits: weights alone are rounded')
    .option('--fp16', 'float16, but for inputs, outputs and what must stay: smaller, and on CPUs no faster')
    .option(
      '--fp16-weights',
      'constants stored as float16, computed as float32: half the file, the same speed',
    )
    .option('--bf16-weights', 'the same in bfloat16: the range of float32, fewer digits')
    .option('--with-steps', 'the steps and the answer of ballast.yaml as nodes: for any runtime')
    .option(
      '--uint8',
      'of --int8 and --int8-static: weights from their least to their greatest, instead of around 0',
    )
    .option('--no-per-channel', 'of both: one scale for a whole weight')
    .option('--reduce-range', 'of both: weights of seven bits, for CPUs without VNNI, whose sums overflow')
    .option('--block <size>', `of blocks: numbers that share a scale: ${BLOCK_SIZES.join(', ')}`, whole, 32)
    .option('--asymmetric', 'of blocks: from the least to the greatest of each')
    .addOption(
      new Option('--accuracy-level <level>', 'of blocks: 4 computes with 8-bit activations, 1 with float32')
        .choices(['0', '1', '2', '3', '4'])
        .default(4)
        .argParser(level),
    )
    .option('--try <changes>', `of --auto: ${Object.keys(CHANGES).join(',')}`, list, Object.keys(CHANGES))
    .addOption(
      new Option('--prefer <what>', 'of --auto: which one is the best')
        .choices(PREFERENCES)
        .default('latency'),
    )
    .option(
      '--gate <gate...>',
      "of --auto: more gates, such as 'accuracy non_inferior 0.005 versus production'; production is the original",
    )
    .option('--folder <folder>', 'the model repository', '.')
    .option('--data <path>', 'what to judge or calibrate on; default: that of ballast.yaml')
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

async function run(given: string | undefined, options: Options): Promise<void> {
  endWithReader()
  const path = given ?? (await modelOf(options.folder))
  await checkOutput(path, options)
  if (options.withSteps) await steps(path, options)
  else if (options.auto) await search(path, options)
  else await change(path, options)
}

async function modelOf(folder: string): Promise<string> {
  return resolveInside(folder, (await localRepository(folder)).model.file)
}

async function change(path: string, options: Options): Promise<void> {
  const wanted = changeOf(options)
  const say =
    options.json || !process.stderr.isTTY ? undefined : (line: string) => process.stderr.write(`${line}\n`)
  const model = await openModel(path)
  const calibration =
    wanted.kind === 'int8-static' ? await calibrationData(options.folder, options.data) : undefined
  try {
    const optimized = await optimizeModel(model, {
      path,
      out: options.output,
      change: wanted,
      keep: new Set(options.keep),
      ...(calibration && { calibrate: calibratorOf({ ...calibration, ...(say && { say }) }) }),
      ...(options.measure && { measure: measureOf(options) }),
      ...(say && { say }),
    })
    print(optimized, options.json, describeOptimized)
  } finally {
    await calibration?.data.close()
    await model.close()
  }
}

async function steps(path: string, { folder, output, json }: Options): Promise<void> {
  const config = await modelConfigOf(folder, await localRepository(folder))
  const model = await openModel(path)
  try {
    print(await stepsInside(model, { path, out: output, config }), json, describeSteps)
  } finally {
    await model.close()
  }
}

async function search(path: string, options: Options): Promise<void> {
  const { folder, gate = [], output, json } = options
  const repository = await localRepository(folder)
  const wanted = repository.evaluate
  const file = options.data ?? (wanted && (await resolveInside(folder, wanted.data)))
  if (file === undefined)
    throw new BallastError('NO_DATA', {
      message: 'ballast.yaml names no data to judge variants on',
      hint: 'Name it with --data, or add `evaluate: { data: data/test.npz }`.',
    })
  for (const name of options.try) changeNamed(name)
  const data = await openDataset(file, {
    rows: 'allowed',
    ...(wanted?.inputField !== undefined && { inputField: wanted.inputField }),
    ...(wanted?.labelField !== undefined && { labelField: wanted.labelField }),
  })
  try {
    const found = await searchVariants({
      path,
      out: output,
      config: await modelConfigOf(folder, repository),
      data,
      ...(wanted?.limit !== undefined && { limit: wanted.limit }),
      gates: withComparison(allGates(repository.gates, gate), repository.model.task),
      tries: options.try,
      prefer: options.prefer,
      measure: measureOf(options),
      say: line => process.stderr.write(`${line}\n`),
    })
    print(found, json, value => describeSearch(value, wanted?.metrics ?? []))
  } finally {
    await data.close()
  }
}

function measureOf({ shape: shapes, threads }: Options): MeasureOptions {
  return { shapes, threads, budget: BUDGET_MS }
}

/** Which of the changes was asked for, by its option. */
const ASKED: readonly (readonly [keyof Options, (options: Options) => Change])[] = [
  [
    'int8',
    ({ uint8, perChannel, reduceRange = false }) => ({
      kind: 'int8',
      dtype: uint8 ? 'uint8' : 'int8',
      perChannel,
      reduced: reduceRange,
    }),
  ],
  [
    'int8Static',
    ({ uint8, perChannel, reduceRange = false, symmetric = false, calibrate, samples }) => ({
      kind: 'int8-static',
      activations: { dtype: symmetric ? 'int8' : 'uint8', symmetric },
      weights: { dtype: uint8 ? 'uint8' : 'int8', reduced: reduceRange },
      perChannel,
      calibrate,
      samples,
    }),
  ],
  ['int8Blocks', options => blocksOf(8, options)],
  ['int4', options => blocksOf(4, options)],
  ['fp16', () => ({ kind: 'fp16' })],
  ['fp16Weights', () => ({ kind: 'storage', dtype: 'float16' })],
  ['bf16Weights', () => ({ kind: 'storage', dtype: 'bfloat16' })],
]

function blocksOf(bits: 4 | 8, { block, asymmetric = false, accuracyLevel }: Options): Change {
  return { kind: 'blocks', bits, size: block, asymmetric, accuracyLevel }
}

function changeOf(options: Options): Change {
  const asked = ASKED.filter(([option]) => options[option])
  if (asked.length === 1) return asked[0]![1](options)
  throw new BallastError('ARGUMENT_MISSING', {
    message:
      'Name one change: --int8, --int8-static, --int8-blocks, --int4, --fp16, --fp16-weights, --bf16-weights, or --auto',
    hint: '--int8 is the one that makes most models faster on CPUs.',
  })
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

function list(text: string): readonly string[] {
  return text.split(',').map(name => name.trim())
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
