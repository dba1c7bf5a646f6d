import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { BallastError, parseSize, systemCode } from '../../core/index.ts'
import { BLOCK_SIZES, CALIBRATIONS, CHANGES, PREFERENCES, SAMPLES } from '../../optimize/index.ts'
import type { Options } from '../optimize/actions/options.ts'
import { endWithReader } from '../output/pipe.ts'

export function optimizeCommand(): Command {
  return new Command('optimize')
    .description('write a smaller, faster variant of an ONNX model, and measure it beside the original')
    .argument('[model]', 'an ONNX file; default: the one of ballast.yaml')
    .requiredOption('-o, --output <file>', 'the variant')
    .option(
      '--auto',
      'try several changes, judge each by the gates of ballast.yaml on its data, write the best',
    )
    .option('--simplify', 'the same with fewer nodes: alone, or before one of the changes that follow')
    .option(
      '--constant-inputs',
      'of one change: weights that are listed as inputs are constants, which callers can not give any more',
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
    .option(
      '--try <changes>',
      `of --auto: ${Object.keys(CHANGES).join(',')}, and each after simplifying, as simplify+int8`,
      list,
      Object.keys(CHANGES),
    )
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
    .option(
      '--max-memory <size>',
      'what it may take with the process that runs a model for it, such as 500MB: kept to, or refused; of one change, leaves out the measurement',
      parseSize,
    )
    .option('--no-measure', 'write the variant only')
    .option('--force', 'replace the output where there is one')
    .option('--json', 'for machines')
    .action(run)
}

async function run(given: string | undefined, options: Options): Promise<void> {
  endWithReader()
  const path = given ?? (await (await import('../optimize/actions/model.ts')).modelOf(options.folder))
  checkSimplify(options)
  checkConstantInputs(options)
  await checkOutput(path, options)
  // Each loads what it needs alone: a change of a model starts in half the time without what judges it.
  if (options.withSteps) await (await import('../optimize/actions/steps.ts')).steps(path, options)
  else if (options.auto) await (await import('../optimize/actions/search.ts')).search(path, options)
  else await (await import('../optimize/actions/change.ts')).change(path, options)
}

function checkSimplify({ simplify, auto, withSteps }: Options): void {
  if (simplify && (auto || withSteps))
    throw new BallastError('ARGUMENT_INVALID', {
      message: `--simplify goes with one change of the model, and not with ${auto ? '--auto' : '--with-steps'}`,
      hint: auto
        ? 'The search tries it by itself, by the name simplify.'
        : 'Simplify the model first, and give what was written to --with-steps.',
    })
}

function checkConstantInputs({ constantInputs, auto, withSteps }: Options): void {
  if (constantInputs && (auto || withSteps))
    throw new BallastError('ARGUMENT_INVALID', {
      message: `--constant-inputs goes with one change of the model, and not with ${auto ? '--auto' : '--with-steps'}`,
      hint: 'Write the model with --simplify --constant-inputs first, and give what was written.',
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
